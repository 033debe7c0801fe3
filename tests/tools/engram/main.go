// An engram on the original's SDK, for tests/hub/engram_test.ts. What it does is in its step's
// configuration (BUBU_STEP_CONFIG), what happened goes to standard output, one JSON object a line,
// and the SDK's own log to standard error.
package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	sdk "github.com/bubustack/bubu-sdk-go"
	"github.com/bubustack/bubu-sdk-go/engram"
)

type config struct {
	// Mode is produce, transform or consume.
	Mode string `mapstructure:"mode"`
	// Count of messages to produce, numbered from From.
	Count int `mapstructure:"count"`
	From  int `mapstructure:"from"`
	// Kinds of messages to produce, in turn; see message.
	Kinds []string `mapstructure:"kinds"`
	// Pause in milliseconds after every ten messages that are produced or consumed.
	Pause int `mapstructure:"pause"`
	// HoldFrom is the number of received messages after which none is done with; 0 means never.
	HoldFrom int `mapstructure:"holdFrom"`
}

type streaming struct {
	config config
	// Outlives a session: the SDK calls Stream anew after each loss of the connector.
	next     int
	received int
}

func (s *streaming) Init(_ context.Context, config config, _ *engram.Secrets) error {
	s.config, s.next = config, config.From
	return nil
}

func (s *streaming) Stream(ctx context.Context, in <-chan engram.InboundMessage, out chan<- engram.StreamMessage) error {
	report(map[string]any{"event": "session"})
	switch s.config.Mode {
	case "produce":
		return s.produce(ctx, in, out)
	case "transform":
		return s.transform(ctx, in, out)
	case "consume":
		return s.consume(ctx, in)
	}
	return errors.New("mode must be produce, transform or consume")
}

func (s *streaming) produce(ctx context.Context, in <-chan engram.InboundMessage, out chan<- engram.StreamMessage) error {
	for end := s.config.From + s.config.Count; s.next < end; s.next++ {
		kinds := s.config.Kinds
		if len(kinds) == 0 {
			kinds = []string{"payload"}
		}
		message, err := message(kinds[s.next%len(kinds)], s.next)
		if err != nil {
			return err
		}
		select {
		case out <- message:
		case <-ctx.Done():
			return ctx.Err()
		}
		s.pause(ctx, s.next)
	}
	report(map[string]any{"event": "produced", "count": s.config.Count})
	// Returning would end the session and with it what the SDK has not sent yet.
	for {
		select {
		case _, open := <-in:
			if !open {
				return ctx.Err()
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *streaming) transform(ctx context.Context, in <-chan engram.InboundMessage, out chan<- engram.StreamMessage) error {
	for received := range in {
		message, err := via(received.StreamMessage, os.Getenv("BUBU_STEP_NAME"))
		if err != nil {
			return err
		}
		select {
		case out <- message:
		case <-ctx.Done():
			return ctx.Err()
		}
		received.Done()
	}
	return ctx.Err()
}

func (s *streaming) consume(ctx context.Context, in <-chan engram.InboundMessage) error {
	for received := range in {
		report(describe(received.StreamMessage))
		s.received++
		if s.config.HoldFrom == 0 || s.received < s.config.HoldFrom {
			received.Done()
		}
		s.pause(ctx, s.received)
	}
	return ctx.Err()
}

func (s *streaming) pause(ctx context.Context, n int) {
	if s.config.Pause == 0 || n%10 != 0 {
		return
	}
	select {
	case <-time.After(time.Duration(s.config.Pause) * time.Millisecond):
	case <-ctx.Done():
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	logger := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	err := sdk.StartStreaming(sdk.WithLogger(ctx, logger), &streaming{})
	if err != nil && ctx.Err() == nil {
		report(map[string]any{"event": "failed", "error": err.Error()})
		os.Exit(1)
	}
	report(map[string]any{"event": "ended"})
}
