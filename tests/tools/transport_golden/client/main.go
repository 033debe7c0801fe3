// A client of HubService.Process with the original's own generated code and validation, for
// tests/hub/clients_test.ts.
//
// Reads orders from standard input and tells what happens on standard output, one JSON object a
// line; tests/hub/testing/foreign_client.ts says which.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"os"
	"sync"

	pb "github.com/bubustack/tractatus/gen/go/proto/transport/v1"
	"github.com/bubustack/tractatus/validation"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/structpb"
)

const maxMessageBytes = 10 << 20

type order struct {
	Open, Send, Raw, End, Close   string
	Address, CA, Key, Certificate string
	Headers                       map[string]string
	Credit                        bool
	From, Count, Zeros            int
	Hex                           string
	Validate                      string
}

// raw is a message as it goes over the wire, right or wrong.
type raw []byte

// codec is gRPC's own, for what is not raw.
type codec struct{}

func (codec) Name() string { return "proto" }

func (codec) Marshal(value any) ([]byte, error) {
	if bytes, ok := value.(raw); ok {
		return bytes, nil
	}
	return proto.Marshal(value.(proto.Message))
}

func (codec) Unmarshal(bytes []byte, value any) error {
	return proto.Unmarshal(bytes, value.(proto.Message))
}

type stream struct {
	grpc.ClientStream
	name   string
	cancel context.CancelFunc
	conn   *grpc.ClientConn
	// The stream takes one sender at a time.
	sending sync.Mutex
}

var output sync.Mutex

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func tell(stream string, event map[string]any) {
	event["stream"] = stream
	output.Lock()
	defer output.Unlock()
	must(os.Stdout.Write(append(must(json.Marshal(event)), '\n')))
}

func open(o order) *stream {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(o.CA))
	config := &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: roots}
	if o.Certificate != "" {
		config.Certificates = []tls.Certificate{must(tls.X509KeyPair([]byte(o.Certificate), []byte(o.Key)))}
	}
	conn := must(grpc.NewClient(o.Address, grpc.WithTransportCredentials(credentials.NewTLS(config)),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(codec{}), grpc.MaxCallRecvMsgSize(maxMessageBytes))))
	ctx, cancel := context.WithCancel(metadata.NewOutgoingContext(context.Background(), metadata.New(o.Headers)))
	s := &stream{name: o.Open, cancel: cancel, conn: conn}
	description := &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}
	call, err := conn.NewStream(ctx, description, pb.HubService_Process_FullMethodName)
	if err != nil {
		s.ended(err)
		return s
	}
	s.ClientStream = call
	go s.receive(o.Credit)
	return s
}

func (s *stream) receive(credit bool) {
	for {
		response := &pb.ProcessResponse{}
		if err := s.RecvMsg(response); err != nil {
			s.ended(err)
			return
		}
		if err := validation.Validate(response); err != nil {
			tell(s.name, map[string]any{"invalid": err.Error()})
		}
		packet := response.GetPacket()
		if packet == nil {
			continue
		}
		if packet.GetMetadata()["bubu-heartbeat"] == "true" {
			tell(s.name, map[string]any{"heartbeat": true})
			continue
		}
		sequence := packet.GetEnvelope().GetSequence()
		tell(s.name, map[string]any{"payload": packet.GetPayload().AsMap(), "metadata": packet.GetMetadata(),
			"sequence": sequence})
		if credit {
			s.send(&pb.ProcessRequest{Flow: &pb.FlowControl{Ack: sequence, CreditsMessages: 1}})
		}
	}
}

func (s *stream) ended(err error) {
	// io.EOF is the status OK.
	end, ok := status.FromError(err)
	if !ok {
		end = status.New(0, "")
	}
	tell(s.name, map[string]any{"status": end.Code(), "details": end.Message()})
}

func (s *stream) send(message any) {
	s.sending.Lock()
	defer s.sending.Unlock()
	if s.ClientStream != nil {
		// An error is the end of the stream, which the receiver tells.
		_ = s.SendMsg(message)
	}
}

func (s *stream) sendNumbers(from, count int) {
	for n := from; n < from+count; n++ {
		payload := must(structpb.NewStruct(map[string]any{"n": n, "text": "Grüße", "list": []any{nil, true, 1.5}}))
		s.send(&pb.ProcessRequest{Packet: &pb.DataPacket{
			Metadata: map[string]string{"type": "chat.message.v1"}, Payload: payload}})
	}
}

// refusal is why the original refuses a message of a type, and empty when it does not.
func refusal(name string, bytes []byte) string {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName("transport.v1." + name))
	if err != nil {
		panic(err)
	}
	message := kind.New().Interface()
	if err := proto.Unmarshal(bytes, message); err != nil {
		return err.Error()
	}
	if err := validation.Validate(message); err != nil {
		return err.Error()
	}
	return ""
}

func main() {
	streams := map[string]*stream{}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var o order
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			panic(err)
		}
		switch {
		case o.Validate != "":
			tell("", map[string]any{"refused": refusal(o.Validate, must(hex.DecodeString(o.Hex)))})
		case o.Open != "":
			streams[o.Open] = open(o)
		case o.Send != "":
			go streams[o.Send].sendNumbers(o.From, o.Count)
		case o.Raw != "":
			streams[o.Raw].send(append(raw(must(hex.DecodeString(o.Hex))), make([]byte, o.Zeros)...))
		case o.End != "":
			must(0, streams[o.End].CloseSend())
		case o.Close != "":
			streams[o.Close].cancel()
			must(0, streams[o.Close].conn.Close())
			delete(streams, o.Close)
		}
	}
}
