# The two commands of the README are `make replay` and `make test`; each sets up what it needs.

SWIFT ?= swift
# A release binary starts without the dynamic linker's work for Swift and Foundation. libpciaccess
# needs zlib when it is linked statically.
STATIC = --static-swift-stdlib -Xswiftc -static-executable -Xlinker -lz
RELEASE = .build-release/release/dmar
DMAR = .build/debug/dmar

# Debian packages: to build, and for the tests that compare with other programs.
BUILD_PACKAGES = libpciaccess-dev zlib1g-dev pkg-config
TEST_PACKAGES = pciutils acpica-tools

.PHONY: replay test build release bench lint format schema setup setup-tests clean

replay: release
	$(RELEASE) replay Configs/klist-splat/report.yaml

test: setup setup-tests
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build
	$(DMAR) test Configs

build: setup
	$(SWIFT) build

release: setup
	$(SWIFT) build -c release --scratch-path .build-release $(STATIC) --product dmar

# Start-up of the command against an empty C program, side by side; and the packages' benchmarks.
bench: release
	Benchmarks/start-up $(RELEASE)
	Benchmarks/log-speed $(RELEASE)

lint:
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests

format:
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests

# Configs/schema.json is made from the loader's own tables.
schema: build
	$(DMAR) schema > Configs/schema.json.new
	mv Configs/schema.json.new Configs/schema.json

setup:
	@$(call install,$(BUILD_PACKAGES))

setup-tests:
	@$(call install,$(TEST_PACKAGES))

# Installs what is missing of a list of packages and says so.
define install
missing=""; \
for package in $(1); do \
  dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'install ok installed' \
    || missing="$$missing $$package"; \
done; \
if [ -n "$$missing" ]; then \
  echo "installing$$missing"; \
  if [ "$$(id -u)" = 0 ]; then sudo=""; else sudo="sudo"; fi; \
  $$sudo apt-get update -q && \
  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$missing; \
fi
endef

clean:
	rm -rf .build .build-release
