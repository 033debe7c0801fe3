package main

import (
	"bytes"
	"fmt"
	"math/bits"
	"time"

	"headrace/bench/load/measure"
)

// handshakes is how many streams are being opened at a time: fewer than the listen backlog of every
// server here (511 for nginx and Node), since a SYN that is dropped costs a second.
const handshakes = 256

// audience is the subscribers and what they have received.
type audience struct {
	loop        *loop
	subscribers []*subscriber
	// words is how many 64-bit words hold a mark for every message.
	words int

	opening int
	open    int
	// failures is what went wrong, by reason.
	failures map[string]int

	// from and to bound the window whose deliveries are counted.
	from, to   time.Duration
	deliveries uint64
	bytes      uint64
	latency    measure.Histogram
	distinct   uint64
	duplicates uint64
	disorder   uint64

	// onMessage, when set, is called for each distinct message of each subscriber.
	onMessage func(s *subscriber)
}

type subscriber struct {
	audience *audience
	conn     *conn
	scanner  scanner
	seen     []uint64
	received int
	last     uint32
	begun    time.Duration
	opened   bool
}

func newAudience(l *loop, messages int) *audience {
	return &audience{loop: l, words: messages/64 + 1, failures: map[string]int{}}
}

// connect opens count streams, a limited number at a time, until all stand or time is over.
func (a *audience) connect(request []byte, count int, deadline time.Duration) error {
	for begun := 0; begun < count || a.opening > 0; {
		for begun < count && a.opening < handshakes {
			if err := a.subscribe(request); err != nil {
				return err
			}
			begun++
		}
		if err := a.loop.poll(a.loop.now + 100*time.Millisecond); err != nil {
			return err
		}
		if a.loop.now > deadline {
			return fmt.Errorf("only %d of %d streams were opened in time; failures: %v", a.open, count, a.failures)
		}
	}
	return nil
}

func (a *audience) subscribe(request []byte) error {
	c, err := a.loop.dial(request)
	if err != nil {
		return err
	}
	s := &subscriber{audience: a, conn: c, seen: make([]uint64, a.words), begun: a.loop.now}
	found := s.found
	c.onHead = s.head
	c.onBody = func(piece []byte) {
		if a.inWindow() {
			a.bytes += uint64(len(piece))
		}
		s.scanner.scan(piece, found)
	}
	c.onEnd = func() { c.close(fmt.Errorf("the server ended the stream")) }
	c.onClosed = s.closed
	a.opening++
	a.subscribers = append(a.subscribers, s)
	return nil
}

func (a *audience) inWindow() bool { return a.loop.now >= a.from && a.loop.now < a.to }

func (s *subscriber) head() {
	if s.conn.status != 200 {
		s.conn.close(fmt.Errorf("subscribe: status %d", s.conn.status))
		return
	}
	s.opened = true
	s.audience.opening--
	s.audience.open++
}

func (s *subscriber) closed(reason error) {
	if s.opened {
		s.audience.open--
	} else {
		s.audience.opening--
	}
	s.audience.failures[reason.Error()]++
}

func (s *subscriber) found(seq uint32, nanos int64) {
	if seq == uncountedSeq {
		return
	}
	a := s.audience
	if a.inWindow() {
		a.deliveries++
		a.latency.Record(a.loop.now - time.Duration(nanos))
	}
	word, bit := seq/64, uint64(1)<<(seq%64)
	if int(word) >= len(s.seen) {
		a.failures["a message that was never sent"]++
		return
	}
	if s.seen[word]&bit != 0 {
		a.duplicates++
		return
	}
	s.seen[word] |= bit
	s.received++
	a.distinct++
	if seq < s.last {
		a.disorder++
	}
	s.last = seq
	if a.onMessage != nil {
		a.onMessage(s)
	}
}

// close ends all streams.
func (a *audience) close() {
	for _, s := range a.subscribers {
		s.conn.close(nil)
	}
}

// missing gives how many of the messages first to end-1 each subscriber lacks, in all.
func (a *audience) missing(first, end int) uint64 {
	missing := uint64(0)
	for _, s := range a.subscribers {
		have := 0
		for word, marks := range s.seen {
			for low := word * 64; marks != 0; marks &= marks - 1 {
				seq := low + bits.TrailingZeros64(marks)
				if seq >= first && seq < end {
					have++
				}
			}
		}
		missing += uint64(end - first - have)
	}
	return missing
}

// lastEventID gives the last id of an event stream's text.
func lastEventID(text []byte) string {
	id := ""
	for line := range bytes.Lines(text) {
		if value, is := bytes.CutPrefix(line, []byte("id:")); is {
			id = string(bytes.TrimSpace(value))
		}
	}
	return id
}
