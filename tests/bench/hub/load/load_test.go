package main

import (
	"net"
	"os"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// forwarder hands what step a of a run sends to its step b; every `lose`th frame is lost.
type forwarder struct {
	mu   sync.Mutex
	runs map[string]chan []byte
	lose int
}

func (f *forwarder) run(name string) chan []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.runs[name] == nil {
		f.runs[name] = make(chan []byte, 16)
	}
	return f.runs[name]
}

func (f *forwarder) serve(_ any, stream grpc.ServerStream) error {
	headers, _ := metadata.FromIncomingContext(stream.Context())
	frames := f.run(headers.Get("storyrun-name")[0])
	if err := stream.SendHeader(metadata.Pairs("headrace-batch", "1")); err != nil {
		return err
	}
	if headers.Get("current-step-id")[0] == "a" {
		for n := 1; ; n++ {
			frame := []byte(nil)
			if err := stream.RecvMsg(&frame); err != nil {
				return nil
			}
			if f.lose == 0 || n%f.lose > 0 {
				frames <- frame
			}
		}
	}
	for {
		select {
		case frame := <-frames:
			if err := stream.SendMsg(frame); err != nil {
				return err
			}
		case <-stream.Context().Done():
			return nil
		}
	}
}

func serve(t *testing.T, f *forwarder) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.runs = map[string]chan []byte{}
	server := grpc.NewServer(grpc.ForceServerCodecV2(rawCodec{}), grpc.UnknownServiceHandler(f.serve))
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return listener.Addr().String()
}

func TestEveryMessageIsCountedOnce(t *testing.T) {
	for _, o := range []order{
		{Streams: 1, Size: 100, Batch: 1},
		{Streams: 4, Size: 1024, Batch: 128},
		{Streams: 2, Size: 100, Batch: 1, Rate: 2000},
		{Streams: 2, Size: 100, Batch: 128, Rate: 2000},
	} {
		o.Addr, o.Pid, o.WarmUpMs, o.WindowMs, o.DrainMs = serve(t, &forwarder{}), os.Getpid(), 50, 200, 10_000
		r, err := carryOut(o)
		if err != nil {
			t.Fatal(err)
		}
		if r.Messages == 0 || r.Sent < r.Messages || r.Missing != 0 || r.Disorder != 0 || len(r.Latency) == 0 {
			t.Fatalf("%+v: %+v", o, r)
		}
		if o.Rate > 0 && r.Sent > 1000 {
			t.Fatalf("%d messages in 250 ms are more than 2,000/s", r.Sent)
		}
		if o.Rate == 0 && o.Batch > 1 && r.Messages < 100*r.Frames {
			t.Fatalf("%d messages in %d frames", r.Messages, r.Frames)
		}
	}
}

func TestWhatAHubLosesIsMissing(t *testing.T) {
	addr := serve(t, &forwarder{lose: 10})
	o := order{Addr: addr, Pid: os.Getpid(), Streams: 1, Size: 100, Batch: 1, Rate: 1000, WindowMs: 300, DrainMs: 100}
	r, err := carryOut(o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Missing != r.Sent/10 {
		t.Fatalf("%d of %d are missing", r.Missing, r.Sent)
	}
}

func TestOrdersThatMakeNoSenseAreRefused(t *testing.T) {
	for _, text := range []string{
		`{`,
		`{"streams":0,"size":100,"batch":1,"windowMs":1}`,
		`{"streams":1,"size":15,"batch":1,"windowMs":1}`,
		`{"streams":1,"size":100,"batch":1025,"windowMs":1}`,
		`{"streams":1,"size":100,"batch":1,"windowMs":0}`,
		`{"streams":1,"size":100,"batch":1,"windowMs":1,"rate":-1}`,
		`{"streams":1,"size":100,"batch":1,"windowMs":1,"colour":"red"}`,
	} {
		if _, err := readOrder(strings.NewReader(text)); err == nil {
			t.Fatalf("%s is taken", text)
		}
	}
}
