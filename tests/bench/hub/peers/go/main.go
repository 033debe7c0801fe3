// Hub carries packets from step a of a run to its step b: the shape of a hub of realtime stories as
// one writes it in Go with gRPC's generated code, and nothing else. A baseline for the bench.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"

	pb "github.com/bubustack/tractatus/gen/go/proto/transport/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// bufferMessages is how many packets may wait for a step: as many as the hub under test is given.
const bufferMessages = 4096

// next is the story: where packets of a step go.
var next = map[string]string{"a": "b"}

type hub struct {
	pb.UnimplementedHubServiceServer
	mu      sync.Mutex
	buffers map[string]chan *pb.DataPacket
}

// buffer is what waits for a step of a run; it is there before the step.
func (h *hub) buffer(namespace, run, step string) chan *pb.DataPacket {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := namespace + "/" + run + "/" + step
	if h.buffers[key] == nil {
		h.buffers[key] = make(chan *pb.DataPacket, bufferMessages)
	}
	return h.buffers[key]
}

func (h *hub) Process(stream pb.HubService_ProcessServer) error {
	headers, _ := metadata.FromIncomingContext(stream.Context())
	header := func(name string) string {
		if values := headers.Get(name); len(values) > 0 {
			return values[0]
		}
		return ""
	}
	namespace, run, step := header("storyrun-namespace"), header("storyrun-name"), header("current-step-id")
	if namespace == "" || run == "" || step == "" {
		return status.Error(codes.Unknown, "missing metadata")
	}
	if err := stream.SendHeader(nil); err != nil {
		return err
	}
	done := stream.Context().Done()
	go func() {
		buffer := h.buffer(namespace, run, step)
		for {
			select {
			case packet := <-buffer:
				if stream.Send(&pb.ProcessResponse{Packet: packet}) != nil {
					return
				}
			case <-done:
				return
			}
		}
	}()
	var to chan *pb.DataPacket
	if following, ok := next[step]; ok {
		to = h.buffer(namespace, run, following)
	}
	for {
		request, err := stream.Recv()
		if err != nil {
			return nil
		}
		packet := request.GetPacket()
		if packet == nil || to == nil {
			continue
		}
		if packet.Metadata == nil {
			packet.Metadata = make(map[string]string, 3)
		}
		packet.Metadata["storyrun-name"] = run
		packet.Metadata["storyrun-namespace"] = namespace
		packet.Metadata["current-step-id"] = next[step]
		packet.Envelope = nil
		select {
		case to <- packet:
		case <-done:
			return nil
		}
	}
}

// options are those of mutual TLS 1.3, unless there is no folder of certificates.
func options(folder string) ([]grpc.ServerOption, error) {
	if folder == "" {
		return nil, nil
	}
	authority, err := os.ReadFile(folder + "/ca.crt")
	if err != nil {
		return nil, err
	}
	clients := x509.NewCertPool()
	if !clients.AppendCertsFromPEM(authority) {
		return nil, errors.New("ca.crt has no certificate")
	}
	pair, err := tls.LoadX509KeyPair(folder+"/tls.crt", folder+"/tls.key")
	if err != nil {
		return nil, err
	}
	return []grpc.ServerOption{grpc.Creds(credentials.NewTLS(&tls.Config{
		MinVersion:   tls.VersionTLS13,
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    clients,
		Certificates: []tls.Certificate{pair},
	}))}, nil
}

func run() error {
	if len(os.Args) < 2 || len(os.Args) > 3 {
		return errors.New("usage: hub <address> [<folder of certificates>]")
	}
	folder := ""
	if len(os.Args) == 3 {
		folder = os.Args[2]
	}
	credentials, err := options(folder)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		return err
	}
	server := grpc.NewServer(credentials...)
	pb.RegisterHubServiceServer(server, &hub{buffers: map[string]chan *pb.DataPacket{}})
	return server.Serve(listener)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "hub:", err)
		os.Exit(1)
	}
}
