package main

import (
	"encoding/binary"
	"errors"
	"time"
)

// Field numbers of transport.v1, and the batch of Headrace's own legs.
const (
	packetField  = 1    // ProcessRequest and ProcessResponse
	batchField   = 2000 // the same
	binaryField  = 7    // DataPacket
	payloadField = 1    // BinaryFrame
	mimeField    = 2    // BinaryFrame
)

// markSize is what a payload begins with: a message's number and when it was due.
const markSize = 16

// mark says which message a payload is of.
type mark struct {
	number uint64
	// due is on the load client's clock.
	due time.Duration
}

// template is an encoded message whose mark is yet to be written.
type template struct {
	bytes []byte
	// mark is where the mark is.
	mark int
}

// newTemplate encodes a message of a payload of so many bytes; batched, as an entry of a batch.
func newTemplate(size int, batched bool) template {
	const mime = "application/octet-stream"
	frame := appendField(nil, payloadField, make([]byte, size))
	frame = appendField(frame, mimeField, []byte(mime))
	bytes := appendField(nil, packetField, appendField(nil, binaryField, frame))
	if batched {
		bytes = appendField(nil, batchField, bytes)
	}
	// Behind the payload is nothing but the mime type with its tag and length.
	return template{bytes, len(bytes) - size - len(appendField(nil, mimeField, []byte(mime)))}
}

// append adds a message to a frame.
func (t template) append(frame []byte, m mark) []byte {
	at := len(frame) + t.mark
	frame = append(frame, t.bytes...)
	binary.LittleEndian.PutUint64(frame[at:], m.number)
	binary.LittleEndian.PutUint64(frame[at+8:], uint64(m.due))
	return frame
}

func appendField(to []byte, field uint64, value []byte) []byte {
	to = binary.AppendUvarint(to, field<<3|2)
	to = binary.AppendUvarint(to, uint64(len(value)))
	return append(to, value...)
}

var errMalformed = errors.New("a frame that is no protobuf")

// readMarks finds the messages in a frame; what has no payload, as a sign of life, is none.
func readMarks(frame []byte, found func(mark)) error {
	return eachField(frame, func(field uint64, value []byte) error {
		switch field {
		case batchField:
			return readMarks(value, found)
		case packetField:
			return eachField(value, func(field uint64, value []byte) error {
				if field != binaryField {
					return nil
				}
				return eachField(value, func(field uint64, value []byte) error {
					if field == payloadField && len(value) >= markSize {
						found(mark{
							binary.LittleEndian.Uint64(value),
							time.Duration(binary.LittleEndian.Uint64(value[8:])),
						})
					}
					return nil
				})
			})
		}
		return nil
	})
}

// eachField walks the length-delimited fields of a message.
func eachField(bytes []byte, visit func(field uint64, value []byte) error) error {
	for len(bytes) > 0 {
		tag, n := binary.Uvarint(bytes)
		if n <= 0 {
			return errMalformed
		}
		bytes = bytes[n:]
		length, n := binary.Uvarint(bytes)
		if n <= 0 {
			return errMalformed
		}
		bytes = bytes[n:]
		if tag&7 == 0 {
			continue
		}
		if tag&7 != 2 || length > uint64(len(bytes)) {
			return errMalformed
		}
		if err := visit(tag>>3, bytes[:length]); err != nil {
			return err
		}
		bytes = bytes[length:]
	}
	return nil
}
