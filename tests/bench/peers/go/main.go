// Plain is the event-stream hub that one writes in an afternoon with net/http: a channel a
// subscriber, one write and one flush a message. The baseline of the bench.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
)

// buffer is how many messages a slow subscriber may be behind before it is dropped.
const buffer = 4096

type hub struct {
	mutex       sync.RWMutex
	subscribers map[chan []byte]struct{}
	seq         int
}

func (h *hub) publish(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	h.mutex.Lock()
	h.seq++
	event := fmt.Appendf(nil, "id: %d\ndata: %s\n\n", h.seq, body)
	for messages := range h.subscribers {
		select {
		case messages <- event:
		default:
			delete(h.subscribers, messages)
			close(messages)
		}
	}
	h.mutex.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

func (h *hub) subscribe(w http.ResponseWriter, r *http.Request) {
	messages := make(chan []byte, buffer)
	h.mutex.Lock()
	h.subscribers[messages] = struct{}{}
	h.mutex.Unlock()
	defer func() {
		h.mutex.Lock()
		delete(h.subscribers, messages)
		h.mutex.Unlock()
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	flusher := http.NewResponseController(w)
	for {
		if err := flusher.Flush(); err != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case event, open := <-messages:
			if !open {
				return
			}
			if _, err := w.Write(event); err != nil {
				return
			}
		}
	}
}

func main() {
	h := &hub{subscribers: map[chan []byte]struct{}{}}
	http.HandleFunc("POST /events", h.publish)
	http.HandleFunc("GET /stream", h.subscribe)
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(listener, nil))
}
