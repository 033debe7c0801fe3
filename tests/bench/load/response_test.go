package main

import (
	"fmt"
	"strings"
	"testing"
)

func transcript(pieces ...string) string {
	var log strings.Builder
	var r response
	r.onHead = func() { fmt.Fprintf(&log, "<%d>", r.status) }
	r.onBody = func(piece []byte) { log.Write(piece) }
	r.onEnd = func() { log.WriteString("</>") }
	for _, piece := range pieces {
		r.read([]byte(piece))
	}
	if r.bad {
		log.WriteString("!bad")
	}
	return log.String()
}

func TestResponseReadsAnswersWhereverTheyAreCut(t *testing.T) {
	stream := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n, 16 bytes\r\n0\r\n\r\n" +
		"HTTP/1.1 204 No Content\r\n\r\n" +
		"HTTP/1.1 201 Created\r\ncontent-length: 3\r\n\r\nabc" +
		"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n" +
		"HTTP/1.1 200 OK\r\n\r\nuntil the end"
	want := "<200>hello, 16 bytes</><204></><201>abc</><202></><200>until the end"
	for first := 0; first <= len(stream); first++ {
		for second := first; second <= len(stream); second++ {
			if got := transcript(stream[:first], stream[first:second], stream[second:]); got != want {
				t.Fatalf("cut at %d and %d: %q", first, second, got)
			}
		}
	}
}

func TestResponseRefusesWhatIsNotHTTP(t *testing.T) {
	for _, stream := range []string{
		"nonsense\r\n\r\n",
		"HTTP/1.1 abc\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
		strings.Repeat("a", maxHead+1),
	} {
		if got := transcript(stream); !strings.HasSuffix(got, "!bad") {
			t.Errorf("%.40q: %q", stream, got)
		}
	}
}
