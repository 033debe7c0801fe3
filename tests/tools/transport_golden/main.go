// Writes messages of transport.v1 as Go encodes them, with the verdict of its validation, for
// hub/proto/golden_test.ts. Run: go run . > ../../../hub/proto/testing/golden.json
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"

	pb "github.com/bubustack/tractatus/gen/go/proto/transport/v1"
	"github.com/bubustack/tractatus/validation"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

type example struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Hex   string `json:"hex"`
	Valid bool   `json:"valid"`
}

func structOf(value map[string]any) *structpb.Struct {
	result, err := structpb.NewStruct(value)
	if err != nil {
		panic(err)
	}
	return result
}

func pairs(count, key, value int) map[string]string {
	result := map[string]string{}
	for i := range count {
		name := fmt.Sprintf("k%03d", i)
		result[name+strings.Repeat("k", max(0, key-4))] = strings.Repeat("v", value)
	}
	return result
}

func main() {
	payload := structOf(map[string]any{
		"a": nil, "b": true, "c": -1.5, "d": "text ✓", "e": []any{1.0, "two", []any{}, map[string]any{}},
		"f": map[string]any{"deep": map[string]any{"er": []any{nil, false}}}, "": "empty key",
	})
	envelope := &pb.StreamEnvelope{StreamId: "demo/run/step@1", Sequence: 1 << 60, Partition: "p3"}
	transports := func(count int) []*pb.TransportDescriptor {
		var result []*pb.TransportDescriptor
		for range count {
			result = append(result, &pb.TransportDescriptor{Name: "rt", Kind: "livekit", Mode: "hot",
				TypedConfig: &pb.TransportConfig{TransportRef: "ref", ModeReason: "why"}})
		}
		return result
	}
	audio := &pb.AudioFrame{Pcm: []byte{0, 1, 255}, SampleRateHz: 48000, Channels: 2, Codec: "opus", TimestampMs: 1712000000000}
	video := &pb.VideoFrame{Payload: []byte{9}, Codec: "h264", Width: 16384, Height: 1, TimestampMs: 7, Raw: true}
	binary := &pb.BinaryFrame{Payload: []byte("{}"), MimeType: "application/json", TimestampMs: 1}
	chunk := func(change func(*pb.StreamEnvelope)) *pb.DataPacket {
		result := &pb.StreamEnvelope{StreamId: "s", ChunkId: "c", ChunkIndex: 1, ChunkCount: 2, ChunkBytes: 3, TotalBytes: 6}
		change(result)
		return &pb.DataPacket{Frame: &pb.DataPacket_Binary{Binary: binary}, Envelope: result}
	}
	metadata := func(m map[string]string) *pb.DataPacket { return &pb.DataPacket{Metadata: m} }
	frame := func(a *pb.AudioFrame) *pb.DataPacket {
		return &pb.DataPacket{Frame: &pb.DataPacket_Audio{Audio: a}}
	}

	messages := []struct {
		name string
		m    proto.Message
	}{
		{"empty packet", &pb.DataPacket{}},
		{"everything", &pb.DataPacket{Metadata: map[string]string{"type": "chat.message.v1", "ü": "Grüße"}, Payload: payload,
			Inputs: structOf(map[string]any{"x": 1.0}), Transports: transports(10), Envelope: envelope}},
		{"audio", frame(audio)},
		{"video", &pb.DataPacket{Frame: &pb.DataPacket_Video{Video: video}}},
		{"binary", &pb.DataPacket{Frame: &pb.DataPacket_Binary{Binary: binary}}},
		{"largest sequence", &pb.DataPacket{Envelope: &pb.StreamEnvelope{Sequence: math.MaxUint64}}},
		{"as many pairs as allowed", metadata(pairs(100, 128, 8))},
		{"characters count, not bytes", metadata(map[string]string{strings.Repeat("ü", 128): strings.Repeat("字", 1024)})},
		{"as long a value as allowed", metadata(pairs(1, 3, 1024))},
		{"a pair too many", metadata(pairs(101, 3, 1))},
		{"a key too long", metadata(pairs(1, 129, 1))},
		{"an empty key", metadata(map[string]string{"": "x"})},
		{"a value too long", metadata(pairs(1, 3, 1025))},
		{"a transport too many", &pb.DataPacket{Transports: transports(11)}},
		{"a transport's name too long", &pb.DataPacket{Transports: []*pb.TransportDescriptor{{Name: strings.Repeat("n", 129)}}}},
		{"no sample rate", frame(&pb.AudioFrame{Channels: 1})},
		{"sample rate too low", frame(&pb.AudioFrame{SampleRateHz: 7999, Channels: 1})},
		{"sample rate too high", frame(&pb.AudioFrame{SampleRateHz: 192001, Channels: 1})},
		{"negative channels", frame(&pb.AudioFrame{SampleRateHz: 8000, Channels: -1})},
		{"nine channels", frame(&pb.AudioFrame{SampleRateHz: 8000, Channels: 9})},
		{"codec too long", frame(&pb.AudioFrame{SampleRateHz: 8000, Channels: 1, Codec: strings.Repeat("c", 33)})},
		{"too wide", &pb.DataPacket{Frame: &pb.DataPacket_Video{Video: &pb.VideoFrame{Width: 16385}}}},
		{"MIME type too long", &pb.DataPacket{Frame: &pb.DataPacket_Binary{Binary: &pb.BinaryFrame{MimeType: strings.Repeat("m", 256)}}}},
		{"stream id too long", &pb.DataPacket{Envelope: &pb.StreamEnvelope{StreamId: strings.Repeat("s", 129)}}},
		{"chunk", chunk(func(e *pb.StreamEnvelope) {})},
		{"chunk without a count", chunk(func(e *pb.StreamEnvelope) { e.ChunkCount = 0 })},
		{"chunk without an id", chunk(func(e *pb.StreamEnvelope) { e.ChunkId = "" })},
		{"chunk without a stream", chunk(func(e *pb.StreamEnvelope) { e.StreamId = "" })},
		{"chunk beyond the count", chunk(func(e *pb.StreamEnvelope) { e.ChunkIndex = 2 })},
		{"too many chunks", chunk(func(e *pb.StreamEnvelope) { e.ChunkCount = 257 })},
		{"too many bytes in chunks", chunk(func(e *pb.StreamEnvelope) { e.TotalBytes = 64<<20 + 1 })},
		{"flow", &pb.FlowControl{Ack: 300, CreditsMessages: 10, CreditsBytes: 1 << 31, Signal: pb.FlowControlSignal_FLOW_CONTROL_SIGNAL_PAUSE,
			PartitionAcks: []*pb.PartitionAck{{Partition: "p0", Ack: 1}, {Partition: "p1", Ack: 1 << 40}}}},
		{"too many partitions", &pb.FlowControl{PartitionAcks: make256(257)}},
		{"control request", &pb.ControlRequest{CustomAction: "downstream.delivered", Metadata: map[string]string{"sequence": "7"}}},
		{"custom action too long", &pb.ControlRequest{CustomAction: strings.Repeat("a", 129)}},
		{"control response", &pb.ControlResponse{Action: pb.ControlAction_CONTROL_ACTION_ERROR, Flow: &pb.FlowControl{Ack: 1},
			Error: &pb.ControlError{Code: 3, Message: "no", Details: map[string]string{"a": "b"}}}},
		{"negative error code", &pb.ControlResponse{Error: &pb.ControlError{Code: -1}}},
		{"too many details", &pb.ControlResponse{Error: &pb.ControlError{Details: pairs(51, 3, 1)}}},
		{"data request", &pb.DataRequest{Metadata: map[string]string{"a": "b"}, Payload: payload, Frame: &pb.DataRequest_Video{Video: video},
			Inputs: structOf(map[string]any{}), Transports: transports(1), Envelope: envelope}},
		{"data response", &pb.DataResponse{Metadata: map[string]string{"a": "b"}, Frame: &pb.DataResponse_Audio{Audio: audio}}},
	}
	var examples []example
	for _, entry := range messages {
		bytes, err := proto.MarshalOptions{Deterministic: true}.Marshal(entry.m)
		if err != nil {
			panic(err)
		}
		name := string(entry.m.ProtoReflect().Descriptor().Name())
		examples = append(examples, example{entry.name, name, hex.EncodeToString(bytes), validation.Validate(entry.m) == nil})
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(examples); err != nil {
		panic(err)
	}
}

func make256(count int) []*pb.PartitionAck {
	var result []*pb.PartitionAck
	for range count {
		result = append(result, &pb.PartitionAck{Partition: "p"})
	}
	return result
}
