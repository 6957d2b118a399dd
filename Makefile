# The two commands of the README are `make replay` and `make test`; each sets up what it needs.

SWIFT ?= swift
# A release binary starts without the dynamic linker's work for Swift's libraries. libpciaccess
# needs zlib when it is linked statically.
# lld also leaves out the warnings of glibc's that every static program gets.
# Types of generic code are reached by symbols: by name, the first use of each would look its
# conformances up among all that the program has, a third of a replay's time. Functions in sections of
# their own let the linker leave out those that nothing calls, and fold those that are alike into one.
# Tables by which exceptions unwind the stack are left out, an eighth of the program: Swift has no such
# exceptions, and a debug build is there for a debugger.
STATIC = --static-swift-stdlib -Xswiftc -static-executable -Xlinker -lz -Xswiftc -use-ld=lld \
  -Xswiftc -Xfrontend -Xswiftc -disable-concrete-type-metadata-mangled-name-accessors \
  -Xswiftc -Xfrontend -Xswiftc -function-sections -Xlinker --icf=all \
  -Xlinker --no-eh-frame-hdr -Xlinker -T -Xlinker "$(CURDIR)/Packaging/no-unwind-tables.ld"
RELEASE = .build-release/release/dmar
SYSTEM = .build-release/release/dmar-system-x86_64
DMAR = .build/debug/dmar

SOURCES = Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources \
  Fuzz/Package.swift Fuzz/Sources Integrations/Lessons

# Debian packages: to build, and for the tests that compare with other programs.
BUILD_PACKAGES = libpciaccess-dev libyaml-dev zlib1g-dev liblzma-dev libzstd-dev liblz4-dev \
  libbz2-dev pkg-config
TEST_PACKAGES = pciutils acpica-tools
# What builds the page: a bundler, the YAML parser that goes into it, and what makes the module smaller.
SITE_PACKAGES = nodejs esbuild node-yaml binaryen

.PHONY: replay test test-long test-guest test-page build release system browser site commit install uninstall dist try-dist test-fleet release-check bench beside fuzz tsan lint rooms format schema docs setup setup-tests setup-site clean

# The debug build takes a quarter of the time of a release build, and `make test` goes on from it.
replay: setup commit
	$(SWIFT) build --product dmar
	$(DMAR) replay Configs/klist-splat/report.yaml

test: test-program
	DMAR=$(abspath $(DMAR)) Tests/Page/run

# Without the page.
test-program: setup setup-tests
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build
	$(DMAR) test Configs

# What is slower than a test may be: dmar collect, explain, import, tables and walk on a live guest, a
# distribution's kernel under QEMU (Tests/Guest/run says what is missing where it cannot).
test-long: build
	Tests/Guest/run $(abspath $(DMAR))

# One guest of it, with a second try where emulation is slow: what CI has time for.
test-guest: build
	Tests/Guest/run --short $(abspath $(DMAR))

# The page as it is now, in a real browser where there is one; make test takes the page that was built
# last. Tests/Page/run says what is missing.
test-page: site
	DMAR=$(abspath $(DMAR)) Tests/Page/run

# The answers of the module that was built last beside those of the program, byte for byte.
test-browser:
	DMAR=$(abspath $(DMAR)) Tests/Browser/run

build: setup commit
	$(SWIFT) build

# A linker writes its file here and there, and its pages come to lie one by one in memory; those of a copy,
# which is written from end to end as an installed program is, lie together and start a fifth faster.
release: setup commit
	$(SWIFT) build -c release --scratch-path .build-release $(STATIC) --product dmar
	cp -p $(RELEASE) $(RELEASE).new
	mv $(RELEASE).new $(RELEASE)

# The program that stands in for QEMU.
system: setup commit
	$(SWIFT) build -c release --scratch-path .build-release $(STATIC) --product dmar-system-x86_64

# The WebAssembly module that a web page holds (docs/Browser.md).
browser:
	Packaging/build-browser .build-browser

# The page with the machine inside, one file: .build-site/index.html.
site: setup-site browser commit
	node Integrations/Page/build.mjs .build-browser/dmar.wasm Configs .build-site/index.html "$$(Packaging/version)"

# What `dmar --version` says of the commit.
commit:
	@Packaging/write-commit

# Programs, man pages, completions and scenarios below DESTDIR and PREFIX; BUILD is where the programs
# were built. What is not built yet is built first.
PREFIX = /usr/local
DESTDIR =
BUILD = .build-release/release
install:
	@[ -x $(BUILD)/dmar ] && [ -x $(BUILD)/dmar-system-x86_64 ] || $(MAKE) release system
	Packaging/install $(BUILD) $(PREFIX) $(DESTDIR)

uninstall:
	Packaging/uninstall $(PREFIX) $(DESTDIR)

# The packages, in .build-dist: a tar and a Python wheel of the static programs, a Debian package of
# programs that use the machine's libraries, linked from the same objects.
dist: release system
	Packaging/link-dynamically .build-release/release .build-deb
	Packaging/dist .build-release/release .build-deb .build-dist

# The wheel in a clean virtual environment, the Debian package in a clean root.
try-dist:
	Packaging/try-wheel .build-dist/*.whl
	Packaging/try-deb .build-dist/*.deb

# The logs of a thousand hosts on Spark (needs pip's pyspark and Java 17) with the built program.
test-fleet:
	DMAR=$(abspath $(BUILD))/dmar PYTHONPATH=Integrations/python/src \
	  python3 -m pytest -q -s Integrations/python/tests/test_spark.py

# What is still to be done before a release.
release-check:
	Packaging/release-check

# What the program and its rooms cost, as ratios to something measured in the same run: the start of
# an empty C program, grep, a pthread mutex, loops in C, QEMU's own round trip where it is installed.
bench: release
	$(MAKE) system
	Benchmarks/start-up $(RELEASE)
	Benchmarks/log-speed $(RELEASE)
	Benchmarks/history-speed $(RELEASE)
	$(SWIFT) run -c release --package-path Benchmarks LockdepBenchmark
	$(SWIFT) run -c release --package-path Benchmarks VTdUnitBenchmark
	if command -v valgrind > /dev/null; then \
	  Benchmarks/count-instructions Benchmarks/.build/release/VTdUnitBenchmark; \
	fi
	Benchmarks/qtest-round-trip $(SYSTEM)

# The packages beside this one, which no test runs, but which have to build. Fuzz is built by
# make fuzz, as it runs.
beside: setup
	$(SWIFT) build --package-path Benchmarks
	$(SWIFT) run --package-path Integrations/Lessons Lessons > /dev/null
	Tests/try-first-page

# All fuzz targets, in so many seconds with the build; what one finds is kept in Fuzz/Cases, and fails.
FUZZ_OPTIONS = --within 460
fuzz: setup
	Fuzz/run $(FUZZ_OPTIONS)

# The unit's tests of several threads under the thread sanitizer, for a bounded time.
tsan: setup
	timeout 1200 $(SWIFT) test --sanitize=thread --scratch-path .build-tsan -Xswiftc -use-ld=lld \
	  -Xswiftc -DTHREAD_SANITIZER \
	  --filter 'VTdUnitTests.(ConcurrencyTests|CacheTests)'

# The sources' form, and the page of the house as the package has it.
lint:
	$(SWIFT) format lint --strict --recursive --parallel $(SOURCES)
	Tests/draw-rooms --check
	Tests/document-fields --check
	Tests/measure-documentation --check 100

# No circle between the files of a room has more than five, by the index that a debug build leaves.
rooms:
	Tests/measure-circles

format:
	$(SWIFT) format --in-place --recursive --parallel $(SOURCES)

# The schemas are made from the declarations by which files are read.
schema: build
	mkdir -p Configs/schemas
	$(DMAR) schema > Configs/schema.json.new
	mv Configs/schema.json.new Configs/schema.json
	for kind in table snapshot kernel platform; do \
	  $(DMAR) schema $$kind > Configs/schemas/$$kind.json || exit 1; \
	done

# Pages that are made from the program's own tables and declarations.
PROFILES = Sources/KernelProfiles/KernelProfiles.docc/KernelProfiles.md
docs: build
	mkdir -p docs
	$(DMAR) schema --reference > docs/Scenarios.md.new
	mv docs/Scenarios.md.new docs/Scenarios.md
	$(DMAR) profiles --format markdown > $(PROFILES).new
	mv $(PROFILES).new $(PROFILES)
	$(DMAR) words --format markdown > docs/Glossary.md.new
	mv docs/Glossary.md.new docs/Glossary.md
	docs/make-archives

setup:
	@$(call install,$(BUILD_PACKAGES))

setup-tests:
	@$(call install,$(TEST_PACKAGES))

setup-site:
	@$(call install,$(SITE_PACKAGES))

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
	rm -rf .build .build-release .build-deb .build-dist .build-tsan .build-browser .build-site .build-python Benchmarks/.build Fuzz/.build
	rm -rf Integrations/Lessons/.build
