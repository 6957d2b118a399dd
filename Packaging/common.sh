# What the packaging scripts share. A script sets `source` to the checkout before it reads this file.

# The version, told once in the program's source.
version=$(sed -n 's/.*static let number = "\(.*\)"/\1/p' "$source/Sources/DMARCommands/ProgramVersion.swift")
[ -n "$version" ] || { echo "ProgramVersion.swift has no version" >&2; exit 1; }

# Every time in a package: that of the commit, so that two builds give equal bytes.
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
  SOURCE_DATE_EPOCH=$(git -C "$source" log -1 --format=%ct 2> /dev/null || stat -c %Y "$source/CHANGELOG.md")
fi
export SOURCE_DATE_EPOCH
export LC_ALL=C TZ=UTC
umask 022

# Gives all of a tree the one time.
settle() { find "$1" -print0 | xargs -0 touch --no-dereference --date="@$SOURCE_DATE_EPOCH"; }

# The licences of what is linked into the static programs, and how to link them anew, in a folder.
licences() {
  local folder=$1 name file
  mkdir -p "$folder"
  cp "$source/LICENSE" "$folder/dmar-and-swift-Apache-2.0.txt"
  # Debian's own statements of what it built the libraries from.
  for name in libyaml-dev libpciaccess-dev zlib1g-dev liblzma-dev libzstd-dev liblz4-dev libbz2-dev libc6 libgcc-s1 libstdc++6; do
    file=/usr/share/doc/$name/copyright
    [ -f "$file" ] || { echo "$file is not there; package $name was expected" >&2; exit 1; }
    cp -L "$file" "$folder/$name.txt"
  done
  for name in LGPL-2.1 GPL-3; do cp -L "/usr/share/common-licenses/$name" "$folder/$name.txt"; done
  cp "$source/Packaging/RELINKING.md" "$folder/RELINKING.md"
}

# Ends the script where a file is larger than so many bytes.
at_most() {
  local size
  size=$(stat -c %s "$2")
  [ "$size" -le "$1" ] || { echo "$2 has $size bytes; at most $1 were expected" >&2; exit 1; }
  echo "$2: $size bytes"
}
