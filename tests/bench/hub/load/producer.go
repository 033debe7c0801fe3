package main

import (
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
)

// producer sends the messages of one stream.
type producer struct {
	stream grpc.ClientStream
	text   template
	batch  int
	// interval is the time between two messages; 0 is as fast as the hub takes them.
	interval time.Duration
	clock    func() time.Duration
	sent     atomic.Uint64
	stopping atomic.Bool
}

// run sends until it is told to stop, then ends its half of the stream. At a rate, what is due goes
// out together as far as a frame may hold it: so does a connector with what its engram has said.
func (p *producer) run() error {
	start := p.clock()
	for number := uint64(0); !p.stopping.Load(); {
		now := p.clock()
		count := uint64(p.batch)
		if p.interval > 0 {
			next := start + time.Duration(number)*p.interval
			if next > now {
				// Not longer, so that it ends soon when it is told to.
				time.Sleep(min(next-now, 10*time.Millisecond))
				continue
			}
			count = min(count, uint64((now-next)/p.interval)+1)
		}
		// gRPC keeps it until it is on the wire.
		frame := make([]byte, 0, int(count)*len(p.text.bytes))
		for i := range count {
			due := now
			if p.interval > 0 {
				due = start + time.Duration(number+i)*p.interval
			}
			frame = p.text.append(frame, mark{number + i, due})
		}
		if err := p.stream.SendMsg(frame); err != nil {
			return err
		}
		number += count
		p.sent.Store(number)
	}
	return p.stream.CloseSend()
}

// discard reads what a hub tells a producer: acknowledgements, credit, signs of life.
func (p *producer) discard() {
	for frame := []byte(nil); p.stream.RecvMsg(&frame) == nil; {
	}
}
