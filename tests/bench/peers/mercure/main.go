// Mercure serves the hub of github.com/dunglas/mercure as its documentation shows for the
// standalone library: no access control and no history, so that it has as little to do as it can.
// The hub is under the AGPL; it is built for the bench on the machine that runs it, never shipped.
package main

import (
	"context"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/dunglas/mercure"
)

// secret signs the token of the bench, the only publisher; the hub takes no message without one.
const secret = "a secret of at least 256 bits, as HS256 wants it"

func main() {
	hub, err := mercure.NewHub(context.Background(), mercure.WithAnonymous(), mercure.WithPublisherJWT([]byte(secret), "HS256"))
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/.well-known/mercure", hub)
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(listener, nil))
}
