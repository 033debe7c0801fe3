package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	runs "github.com/bubustack/bobrapet/api/runs/v1alpha1"
	sdk "github.com/bubustack/bubu-sdk-go"
	"github.com/bubustack/bubu-sdk-go/engram"
)

var output sync.Mutex

func report(event map[string]any) {
	line, err := json.Marshal(event)
	if err != nil {
		panic(err)
	}
	output.Lock()
	defer output.Unlock()
	if _, err := os.Stdout.Write(append(line, '\n')); err != nil {
		os.Exit(1)
	}
}

// produced is when every message says that it was made, so that what arrives can be compared.
var produced = time.UnixMilli(1_712_000_000_000)

// message makes the nth message: a structured one (payload), one of a kind of our own with inputs
// and transports (telemetry), a failure (error), bytes (binary), JSON as bytes (json), or media.
func message(kind string, n int) (engram.StreamMessage, error) {
	metadata := sdk.WithMetadata(map[string]string{"n": strconv.Itoa(n), "type": "test." + kind})
	payload, err := json.Marshal(map[string]any{"n": n, "text": "Grüße", "list": []any{nil, true, 1.5}})
	if err != nil {
		return engram.StreamMessage{}, err
	}
	structured := []sdk.StreamMessageOption{
		metadata, sdk.WithMessageID(fmt.Sprintf("m%d", n)), sdk.WithTimestamp(produced),
		sdk.WithJSONPayload(payload),
	}
	bytes := []byte{0, 255, byte(n), byte(n >> 8)}
	media := time.Duration(n) * time.Millisecond
	switch kind {
	case "payload":
		return sdk.NewStreamMessage("data", structured...), nil
	case "telemetry":
		return sdk.NewStreamMessage(kind, append(structured,
			sdk.WithInputs([]byte(`{"style":"warm"}`)),
			sdk.WithTransports([]engram.TransportDescriptor{{
				Name: "rt", Kind: "livekit", Mode: "hot",
				TypedConfig: &engram.TransportConfig{TransportRef: "ref", ModeReason: "why"},
			}}))...), nil
	case "error":
		return sdk.NewStreamErrorMessage(runs.StructuredError{
			Version: "v1", Type: "timeout", Message: "too late",
		}, metadata)
	case "binary":
		return sdk.NewStreamMessage("", metadata, sdk.WithBinaryPayload("application/x-test", bytes, media)), nil
	case "json":
		return sdk.NewStreamMessage("", append(structured,
			sdk.WithBinaryPayload("application/json", payload, media))...), nil
	}
	result := sdk.NewStreamMessage("", metadata)
	switch kind {
	case "audio":
		result.Audio = &engram.AudioFrame{PCM: bytes, SampleRateHz: 48000, Channels: 1, Codec: "opus", Timestamp: media}
	case "video":
		result.Video = &engram.VideoFrame{Payload: bytes, Codec: "h264", Width: 4, Height: 2, Timestamp: media}
	default:
		return result, fmt.Errorf("no such kind of message: %q", kind)
	}
	return result, nil
}

// via is a message with the name of a step put to its payload, under the same identity.
func via(received engram.StreamMessage, step string) (engram.StreamMessage, error) {
	var payload map[string]any
	if err := json.Unmarshal(received.Payload, &payload); err != nil {
		return engram.StreamMessage{}, err
	}
	payload["via"] = step
	changed, err := sdk.WithJSONData(payload)
	if err != nil {
		return engram.StreamMessage{}, err
	}
	return sdk.NewStreamMessage(received.Kind, changed, sdk.WithMetadata(received.Metadata),
		sdk.WithMessageID(received.MessageID), sdk.WithTimestamp(received.Timestamp)), nil
}

// describe says everything about a message that the SDK tells an engram.
func describe(received engram.StreamMessage) map[string]any {
	event := map[string]any{
		"event": "got", "kind": received.Kind, "id": received.MessageID, "metadata": received.Metadata,
		"payload": text(received.Payload), "inputs": text(received.Inputs),
		"transports": received.Transports, "sequence": received.Envelope.GetSequence(),
		"stream": received.Envelope.GetStreamId(),
	}
	if !received.Timestamp.IsZero() {
		event["at"] = received.Timestamp.UnixMilli()
	}
	switch {
	case received.Audio != nil:
		event["audio"] = received.Audio
	case received.Video != nil:
		event["video"] = received.Video
	case received.Binary != nil:
		event["binary"] = map[string]any{"mime": received.Binary.MimeType, "bytes": len(received.Binary.Payload)}
	}
	return event
}

// text is JSON as it is, and everything else as bytes in base64.
func text(bytes []byte) any {
	if json.Valid(bytes) {
		return json.RawMessage(bytes)
	}
	return bytes
}
