// A client of HubService.Process with the original's own generated code and validation: sends
// packets as step a and takes them as step b, for tests/hub/go_client_test.ts.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strconv"
	"time"

	pb "github.com/bubustack/tractatus/gen/go/proto/transport/v1"
	"github.com/bubustack/tractatus/validation"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/structpb"
)

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func open(ctx context.Context, client pb.HubServiceClient, step string) pb.HubService_ProcessClient {
	return must(client.Process(metadata.AppendToOutgoingContext(ctx,
		"bubu-transport-protocol", "1.0.0", "storyrun-name", "voice-1", "storyrun-namespace", "demo",
		"current-step-id", step, "connector-generation", "1", "startup.capabilities", "none")))
}

func main() {
	address, folder, count := os.Args[1], os.Args[2], must(strconv.Atoi(os.Args[3]))
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(must(os.ReadFile(folder + "/ca.crt")))
	pair := must(tls.LoadX509KeyPair(folder+"/client.crt", folder+"/client.key"))
	conn := must(grpc.NewClient(address, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
		MinVersion: tls.VersionTLS13, RootCAs: roots, Certificates: []tls.Certificate{pair},
	}))))
	client := pb.NewHubServiceClient(conn)
	producer, consumer := open(ctx, client, "a"), open(ctx, client, "b")
	go func() {
		for n := range count {
			payload := must(structpb.NewStruct(map[string]any{"n": float64(n), "text": "Grüße", "list": []any{nil, true}}))
			packet := &pb.DataPacket{Payload: payload, Metadata: map[string]string{"type": "chat.message.v1"}}
			if n%3 == 1 {
				packet.Frame = &pb.DataPacket_Audio{Audio: &pb.AudioFrame{Pcm: []byte{1, 2}, SampleRateHz: 48000, Channels: 1}}
			}
			if err := producer.Send(&pb.ProcessRequest{Packet: packet}); err != nil {
				must(0, err)
			}
		}
	}()
	for n := 0; n < count; {
		response := must(consumer.Recv())
		if err := validation.Validate(response); err != nil {
			must(0, err)
		}
		packet := response.GetPacket()
		if packet == nil || packet.GetMetadata()["bubu-heartbeat"] == "true" {
			continue
		}
		if got := packet.GetPayload().GetFields()["n"].GetNumberValue(); got != float64(n) {
			must(0, fmt.Errorf("expected packet %d, got %v", n, got))
		}
		if step := packet.GetMetadata()["current-step-id"]; step != "b" {
			must(0, fmt.Errorf("packet for step %q", step))
		}
		envelope := packet.GetEnvelope()
		flow := &pb.FlowControl{Ack: envelope.GetSequence(), CreditsMessages: 1}
		if err := consumer.Send(&pb.ProcessRequest{Flow: flow}); err != nil {
			must(0, err)
		}
		n++
	}
	must(0, producer.CloseSend())
	must(0, consumer.CloseSend())
	fmt.Println("received", count)
}
