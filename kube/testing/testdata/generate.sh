#!/bin/sh
# Makes the certificates of the TLS tests anew. They are worth nothing outside of these tests: the
# server is 127.0.0.1, the keys are public. Valid for 100 years, so that no test fails by date.
set -eu
cd "$(dirname "$0")"

authority() { # name
  openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
  openssl req -x509 -new -key "$1.key" -subj "/CN=headrace test $1" -days 36500 -out "$1.crt"
}

leaf() { # name, subject, extensions
  openssl ecparam -name prime256v1 -genkey -noout -out "$1.sec1"
  openssl pkcs8 -topk8 -nocrypt -in "$1.sec1" -out "$1.key"
  openssl req -new -key "$1.key" -subj "$2" -out "$1.csr"
  printf '%b' "$3\nbasicConstraints=CA:FALSE\n" >"$1.ext"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 36500 \
    -extfile "$1.ext" -out "$1.crt"
}

authority ca
authority other_ca
leaf server "/CN=kube-apiserver" "subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth"
leaf client "/O=system:masters/CN=ada" "extendedKeyUsage=clientAuth"
leaf client_rotated "/O=system:masters/CN=ada-rotated" "extendedKeyUsage=clientAuth"
# The authorities' keys sign nothing more.
rm -f ./*.csr ./*.ext ./*.sec1 ./*.srl ca.key other_ca.key
