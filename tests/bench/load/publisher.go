package main

import (
	"fmt"
	"slices"
	"time"

	"headrace/bench/load/measure"
)

// publisher sends messages at a fixed rate whether or not earlier ones were answered, on as few
// connections as that takes. A message that no connection is free for waits, and its send time is
// when it was due: a slow server cannot hide its delay (coordinated omission).
type publisher struct {
	loop     *loop
	template []byte
	markers  []int
	idle     []*post
	posts    int
	maxPosts int

	// first is when message 0 is due.
	first    time.Duration
	interval time.Duration
	total    int
	sent     int
	answered int
	failures map[string]int
	answer   measure.Histogram
	// closedLoop has each connection send again as soon as it is answered, schedule or not.
	closedLoop bool
	// uncounted has all messages sent with uncountedSeq.
	uncounted bool
}

// post is one keep-alive connection.
type post struct {
	conn    *conn
	request []byte
	at      time.Duration
	busy    bool
}

func newPublisher(l *loop, template string, maxPosts int) (*publisher, error) {
	p := &publisher{loop: l, template: []byte(template), maxPosts: maxPosts, failures: map[string]int{}}
	if p.markers = markersIn(p.template); len(p.markers) == 0 {
		return nil, fmt.Errorf("config: the publish request has no marker")
	}
	return p, nil
}

// schedule has total messages sent from first on, rate a second.
func (p *publisher) schedule(first time.Duration, rate float64, total int) {
	p.first, p.interval, p.total = first, time.Duration(float64(time.Second)/rate), p.sent+total
	p.first -= time.Duration(p.sent) * p.interval
}

func (p *publisher) due(seq int) time.Duration { return p.first + time.Duration(seq)*p.interval }

// done says whether all messages were sent and answered.
func (p *publisher) done() bool { return p.answered == p.total }

// step sends what is due and gives when to come again.
func (p *publisher) step() (time.Duration, error) {
	for p.sent < p.total {
		due := p.due(p.sent)
		if due > p.loop.clock() {
			return due, nil
		}
		if len(p.idle) > 0 {
			last := len(p.idle) - 1
			to := p.idle[last]
			p.idle = p.idle[:last]
			p.post(to, due)
		} else if p.posts < p.maxPosts {
			if err := p.dial(due); err != nil {
				return 0, err
			}
		} else {
			break
		}
	}
	return p.loop.now + 100*time.Millisecond, nil
}

func (p *publisher) post(to *post, due time.Duration) {
	p.fill(to.request, due)
	to.at, to.busy = p.loop.now, true
	to.conn.send(to.request)
}

func (p *publisher) fill(request []byte, due time.Duration) {
	seq := uint32(p.sent)
	if p.uncounted {
		seq = uncountedSeq
	}
	for _, at := range p.markers {
		putMarker(request, at, seq, int64(due))
	}
	p.sent++
}

func (p *publisher) dial(due time.Duration) error {
	request := append([]byte(nil), p.template...)
	p.fill(request, due)
	c, err := p.loop.dial(request)
	if err != nil {
		return err
	}
	to := &post{conn: c, request: request, at: p.loop.now, busy: true}
	p.posts++
	c.onEnd = func() {
		to.busy = false
		p.answered++
		p.answer.Record(p.loop.now - to.at)
		if c.status < 200 || c.status > 299 {
			p.failures[fmt.Sprintf("publish: status %d", c.status)]++
		}
		if p.closedLoop {
			p.post(to, p.loop.now)
		} else {
			p.idle = append(p.idle, to)
		}
	}
	c.onClosed = func(reason error) {
		p.posts--
		if !to.busy {
			// Servers close keep-alive connections that were idle for some seconds.
			p.idle = slices.DeleteFunc(p.idle, func(other *post) bool { return other == to })
			return
		}
		// Whether the message arrived is not known; the subscribers will tell.
		p.answered++
		p.failures["publish: "+reason.Error()]++
	}
	return nil
}
