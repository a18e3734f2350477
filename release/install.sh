#!/bin/sh
# Installs lls: downloads the archive of a release, compares it with its SHA-256, and puts the program into a folder of
# yours. Needs no root, and changes nothing else.
#
#   curl --proto '=https' -LsSf https://github.example.com/acme/lls/releases/latest/download/install.sh | sh
#   ... | sh -s -- --version 0.1.0 --to ~/bin
#
# Options, each with its variable:
#   --version VERSION   LLS_VERSION       the release [default: the one that this script belongs to]
#   --to FOLDER         LLS_INSTALL_DIR   where lls goes [default: ~/.local/bin]
#   --sha256 HASH       LLS_SHA256        what the archive must hash to [default: what SHA256SUMS of the release says]
#   --verify            LLS_VERIFY=1      also check with `gh` that the release workflow built the archive
#                       LLS_DOWNLOAD_URL  a mirror of the releases, which has the folder vVERSION
set -eu

main() {
    repository=https://github.example.com/acme/lls
    version=${LLS_VERSION:-0.1.0}
    folder=${LLS_INSTALL_DIR:-}
    expected=${LLS_SHA256:-}
    verify=${LLS_VERIFY:-}
    downloads=${LLS_DOWNLOAD_URL:-$repository/releases/download}

    while [ $# -gt 0 ]; do
        case $1 in
            --version | --to | --sha256)
                [ -n "${2:-}" ] || fail "\`$1\` needs a value"
                case $1 in
                    --version) version=$2 ;;
                    --to) folder=$2 ;;
                    --sha256) expected=$2 ;;
                esac
                shift 2
                ;;
            --verify)
                verify=1
                shift
                ;;
            *) fail "unknown option \`$1\`" "the options are --version, --to, --sha256, and --verify" ;;
        esac
    done
    version=${version#v}
    case $version in
        *[!0-9A-Za-z.+-]*) fail "\`$version\` is not a version" "versions look like 0.1.0" ;;
    esac
    [ -n "$folder" ] || folder=${HOME:?}/.local/bin

    target=$(target)
    name=lls-$version-$target
    mkdir -p "$folder"
    # Beside its place, so that the last step is a rename, and nothing is left there on a failure.
    temporary=$(mktemp -d "$folder/.lls-install.XXXXXX")
    trap 'rm -rf "$temporary"' EXIT
    trap 'exit 1' HUP INT TERM

    download "$downloads/v$version/$name.tar.gz" "$temporary/archive"
    if [ -z "$expected" ]; then
        download "$downloads/v$version/SHA256SUMS" "$temporary/sums"
        expected=$(sed -n "s/^\([0-9a-f]\{64\}\) [ *]$name\.tar\.gz\$/\1/p" "$temporary/sums")
        [ -n "$expected" ] || fail "SHA256SUMS of lls $version does not list $name.tar.gz"
    fi
    found=$(sha256 "$temporary/archive")
    [ "$found" = "$expected" ] || fail "$name.tar.gz has another SHA-256 than expected
  expected: $expected
  found:    $found" "nothing was installed; try again, or report it if it happens again"
    [ -z "$verify" ] || verify_provenance

    tar -xzf "$temporary/archive" -C "$temporary" "$name/lls"
    "$temporary/$name/lls" --version >/dev/null || fail "lls $version does not run on this machine"
    mv -f "$temporary/$name/lls" "$folder/lls"
    echo "Installed lls $version to $folder/lls" >&2
    case ":$PATH:" in
        *":$folder:"*) ;;
        *) echo "hint: $folder is not on PATH; add it: export PATH=\"$folder:\$PATH\"" >&2 ;;
    esac
}

fail() {
    echo "error: $1" >&2
    [ $# -lt 2 ] || echo "hint: $2" >&2
    exit 1
}

# The target whose archive runs here. On Linux that is the static one, which needs no C library.
target() {
    system=$(uname -s)
    machine=$(uname -m)
    # A shell that runs under Rosetta says x86_64 on an Apple chip.
    if [ "$system" = Darwin ] && [ "$(sysctl -n hw.optional.arm64 2>/dev/null)" = 1 ]; then
        machine=arm64
    fi
    case $machine in
        x86_64 | amd64) machine=x86_64 ;;
        aarch64 | arm64) machine=aarch64 ;;
        *) fail "there is no build of lls for $machine" "build it from source: $repository" ;;
    esac
    case $system in
        Linux) echo "$machine-unknown-linux-musl" ;;
        Darwin) echo "$machine-apple-darwin" ;;
        *) fail "there is no build of lls for $system" "build it from source: $repository" ;;
    esac
}

download() {
    case $1 in
        https://*) protocol='=https' ;;
        # A mirror that you named yourself.
        *) protocol='=http,https' ;;
    esac
    if command -v curl >/dev/null; then
        curl --fail --silent --show-error --location --proto "$protocol" --output "$2" "$1" ||
            fail "cannot download $1"
    elif command -v wget >/dev/null; then
        wget --quiet --output-document="$2" "$1" || fail "cannot download $1"
    else
        fail "neither curl nor wget is installed"
    fi
}

sha256() {
    if command -v sha256sum >/dev/null; then
        sha256sum <"$1" | cut -d ' ' -f 1
    elif command -v shasum >/dev/null; then
        shasum -a 256 <"$1" | cut -d ' ' -f 1
    else
        fail "neither sha256sum nor shasum is installed"
    fi
}

# The attestation says which workflow of which repository built the archive, and from which tag.
verify_provenance() {
    path=${repository#https://*/}
    gh attestation verify "$temporary/archive" --repo "$path" --source-ref "refs/tags/v$version" \
        --signer-workflow "$path/.github/workflows/release.yml" >/dev/null ||
        fail "lls $version was not built by the release workflow of $path"
}

# The last line, so that nothing runs of a script that was cut off.
main "$@"
