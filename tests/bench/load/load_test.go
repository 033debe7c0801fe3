package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// hub repeats every POST body to all streams; it can lose or repeat a message on purpose. A stream
// that says what it saw last gets all that came after.
type hub struct {
	mutex   sync.Mutex
	streams []http.ResponseWriter
	events  []string
	// times gives how often message n is sent; nil means once.
	times func(n int) int
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		h.subscribe(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	n := len(h.events)
	event := fmt.Sprintf("id: %d\ndata: %s\n\n", n, body)
	h.events = append(h.events, event)
	times := 1
	if h.times != nil {
		times = h.times(n)
	}
	for range times {
		for _, stream := range h.streams {
			io.WriteString(stream, event)
			stream.(http.Flusher).Flush()
		}
	}
}

func (h *hub) subscribe(w http.ResponseWriter, r *http.Request) {
	h.mutex.Lock()
	if last, err := strconv.Atoi(r.Header.Get("Last-Event-ID")); err == nil {
		io.WriteString(w, strings.Join(h.events[last+1:], ""))
	}
	w.(http.Flusher).Flush()
	h.streams = append(h.streams, w)
	h.mutex.Unlock()
	<-r.Context().Done()
	h.mutex.Lock()
	h.streams = slices.DeleteFunc(h.streams, func(other http.ResponseWriter) bool { return other == w })
	h.mutex.Unlock()
}

func order(t *testing.T, h *hub) config {
	server := httptest.NewServer(h)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	addr := server.Listener.Addr().(*net.TCPAddr).String()
	payload := `{"label":"~000000000000000000000000"}`
	return config{
		Addr:        addr,
		Subscribe:   "GET / HTTP/1.1\r\nHost: hub\r\n\r\n",
		Publish:     fmt.Sprintf("POST / HTTP/1.1\r\nHost: hub\r\nContent-Length: %d\r\n\r\n%s", len(payload), payload),
		Subscribers: 3,
		Rate:        200,
		// One publisher, so that the hub's count is the message's number.
		Connections: 1,
		WindowMs:    100,
		DrainMs:     20_000,
	}
}

func TestFanOutCountsWhatArrives(t *testing.T) {
	r, err := fanOut(order(t, &hub{}))
	if err != nil {
		t.Fatal(err)
	}
	if r.Published != 20 || r.Distinct != 60 || r.Missing != 0 || r.Duplicates != 0 || len(r.Failures) != 0 {
		t.Fatalf("%+v", r)
	}
}

func TestFanOutCountsNothingOfItsPrelude(t *testing.T) {
	h := &hub{}
	c := order(t, h)
	c.Prelude = 30
	r, err := fanOut(c)
	if err != nil {
		t.Fatal(err)
	}
	if len(h.events) < 50 || r.Published != 20 || r.Distinct != 60 || r.Missing != 0 || len(r.Failures) != 0 {
		t.Fatalf("%d events, %+v", len(h.events), r)
	}
}

func TestFanOutWarmsUpAtAnotherRate(t *testing.T) {
	c := order(t, &hub{})
	c.WarmUpRate, c.WarmUpMs = 500, 50
	r, err := fanOut(c)
	if err != nil {
		t.Fatal(err)
	}
	if r.Published < 20 || r.Published > 45 || r.Missing != 0 || len(r.Failures) != 0 {
		t.Fatalf("%+v", r)
	}
}

func TestFanOutNoticesWhatIsLostAndWhatComesTwice(t *testing.T) {
	c := order(t, &hub{times: func(n int) int {
		switch n {
		case 4:
			return 0
		case 5:
			return 2
		}
		return 1
	}})
	c.DrainMs = 500
	r, err := fanOut(c)
	if err != nil {
		t.Fatal(err)
	}
	if r.Missing != 3 || r.Duplicates != 3 || r.Distinct != 57 {
		t.Fatalf("missing %d, duplicates %d, distinct %d", r.Missing, r.Duplicates, r.Distinct)
	}
}

func TestIngestCountsAnswers(t *testing.T) {
	c := order(t, &hub{})
	c.WindowMs = 50
	r, err := ingest(c)
	if err != nil {
		t.Fatal(err)
	}
	if r.Requests == 0 || len(r.Failures) != 0 {
		t.Fatalf("%+v", r)
	}
}

func TestStormWaitsUntilEveryClientHasWhatItMissed(t *testing.T) {
	c := order(t, &hub{})
	c.Resume = "GET / HTTP/1.1\r\nHost: hub\r\nLast-Event-ID: {id}\r\n\r\n"
	c.Count = 7
	r, err := storm(c)
	if err != nil {
		t.Fatal(err)
	}
	if r.Connected != 3 || r.Missing != 0 || r.Duplicates != 0 || len(r.Failures) != 0 {
		t.Fatalf("%+v", r)
	}
}

func TestLatencyEndsWithTheAnswerOrTheFirstMarker(t *testing.T) {
	c := order(t, &hub{})
	c.Count = 3
	c.Subscribe, c.Publish = c.Publish, ""
	if _, err := latency(c); err != nil {
		t.Error("a whole answer:", err)
	}
	c.Subscribe = "GET / HTTP/1.1\r\nHost: hub\r\nLast-Event-ID: -1\r\n\r\n"
	c.ByMarker = true
	if _, err := latency(c); err != nil {
		t.Error("a stream:", err)
	}
}

func TestLoopTalksToThisMachineOnly(t *testing.T) {
	for _, addr := range []string{"192.0.2.1:80", "[::1]:80", "localhost:80", "0.0.0.0:80"} {
		if _, err := newLoop(addr); err == nil {
			t.Errorf("%s was taken", addr)
		}
	}
}
