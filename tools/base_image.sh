#!/bin/sh
# Makes a stand-in for the base image of the Dockerfile from Debian's packages, where no registry of images is
# reached: as root, with debootstrap and docker. It has Debian's Python; the rest of the build is the same.
#
#   tools/base_image.sh relais-base && docker build --build-arg BASE=relais-base --network host --tag relais .
set -eu
name=${1:?name of the image}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase --include=ca-certificates,python3,python3-pip,python3-venv trixie "$root" >/dev/null
chmod 755 "$root" # mktemp lets root alone in: it is the image's own root
# This machine's way to its packages (apt.conf.d, authorities) holds in the image too.
cp -r /etc/apt/apt.conf.d "$root/etc/apt/"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
ln -s python3 "$root/usr/bin/python"
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/usr/lib/python3.*/EXTERNALLY-MANAGED
tar --create --directory "$root" . | docker import --change "ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt" - "$name"
