package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
)

// rawCodec hands frames on as they are: what is measured is the hub, not protobuf in the client.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	frame, ok := v.([]byte)
	if !ok {
		return nil, fmt.Errorf("cannot send a %T", v)
	}
	return mem.BufferSlice{mem.SliceBuffer(frame)}, nil
}

func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	frame, ok := v.(*[]byte)
	if !ok {
		return fmt.Errorf("cannot receive a %T", v)
	}
	// The slice that was received last time is used again.
	*frame = slices.Grow((*frame)[:0], data.Len())[:data.Len()]
	data.CopyTo(*frame)
	return nil
}

// dialOptions are those of every connection.
func dialOptions(o order) ([]grpc.DialOption, error) {
	options := []grpc.DialOption{
		grpc.WithDefaultCallOptions(
			grpc.ForceCodecV2(rawCodec{}),
			grpc.MaxCallRecvMsgSize(16<<20), grpc.MaxCallSendMsgSize(16<<20)),
	}
	if o.Certificates == "" {
		return append(options, grpc.WithTransportCredentials(insecure.NewCredentials())), nil
	}
	authority, err := os.ReadFile(o.Certificates + "/ca.crt")
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		return nil, errors.New("ca.crt has no certificate")
	}
	pair, err := tls.LoadX509KeyPair(o.Certificates+"/client.crt", o.Certificates+"/client.key")
	if err != nil {
		return nil, err
	}
	return append(options, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
		MinVersion:   tls.VersionTLS13,
		RootCAs:      roots,
		Certificates: []tls.Certificate{pair},
		ServerName:   "localhost",
	}))), nil
}

// openStep connects one step of one run, over a connection of its own, and waits until the hub has
// answered: what is sent then has somewhere to go.
func openStep(ctx context.Context, o order, options []grpc.DialOption, run int, step string) (grpc.ClientStream, error) {
	conn, err := grpc.NewClient(o.Addr, options...)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	headers := []string{
		"bubu-transport-protocol", "1.0.0",
		"storyrun-name", fmt.Sprintf("bench-%d", run),
		"storyrun-namespace", "demo",
		"current-step-id", step,
		"connector-generation", "1",
		"startup.capabilities", "none",
	}
	if o.Batch > 1 {
		headers = append(headers, "headrace-batch", "1", "headrace-stream", fmt.Sprintf("%s-%d", step, run))
	}
	stream, err := conn.NewStream(
		metadata.AppendToOutgoingContext(ctx, headers...),
		&grpc.StreamDesc{ClientStreams: true, ServerStreams: true},
		"/transport.v1.HubService/Process")
	if err != nil {
		return nil, err
	}
	answer, err := stream.Header()
	if err != nil {
		return nil, err
	}
	if answer == nil {
		return nil, fmt.Errorf("step %s: the hub ended the stream: %w", step, stream.RecvMsg(new([]byte)))
	}
	if o.Batch > 1 && len(answer.Get("headrace-batch")) == 0 {
		return nil, errors.New("the hub does not take batches")
	}
	return stream, nil
}
