package ws

import (
	"encoding/binary"
	"unicode/utf8"
)

// opcode is the kind of a websocket frame, RFC 6455 section 5.2.
type opcode uint8

const (
	opContinue opcode = 0
	opText     opcode = 1
	opBinary   opcode = 2
	opClose    opcode = 8
	opPing     opcode = 9
	opPong     opcode = 10
)

func (o opcode) control() bool { return o&8 != 0 }

// Close codes of RFC 6455 section 7.4.1 that we send ourselves.
const (
	closeNoStatus = 1005 // never on the wire: the peer gave none
	closeProtocol = 1002
	closeTooBig   = 1009
)

// packedBit marks the first frame of a compressed message, RFC 7692 section 6.
const packedBit = 0x40

// maxControl is the most payload of a control frame, in bytes.
const maxControl = 125

// wireFault is a breach of RFC 6455 by the client. The connection ends with
// close code 1002.
type wireFault string

func (f wireFault) Error() string { return "websocket: " + string(f) }

// header is what stands before the payload of a client's frame.
type header struct {
	final  bool
	packed bool // compressed; only of the first frame of a message
	op     opcode
	length uint64
	mask   [4]byte
}

// parseHeader reads the header of a client's frame and says how many bytes it
// has; 0 means that more are needed. Deflate says that messages may be compressed.
func parseHeader(b []byte, deflate bool) (h header, n int, err error) {
	if len(b) < 2 {
		return h, 0, nil
	}
	h.final, h.packed, h.op, h.length = b[0]&0x80 != 0, b[0]&packedBit != 0, opcode(b[0]&0x0f), uint64(b[1]&0x7f)
	switch {
	case b[0]&0x30 != 0, h.packed && (!deflate || h.op.control() || h.op == opContinue):
		return h, 0, wireFault("a reserved bit is set")
	case b[1]&0x80 == 0:
		return h, 0, wireFault("a client's frame is not masked")
	case h.op > opPong || h.op > opBinary && h.op < opClose:
		return h, 0, wireFault("unknown opcode")
	case h.op.control() && !h.final:
		return h, 0, wireFault("a control frame is fragmented")
	case h.op.control() && h.length > maxControl:
		return h, 0, wireFault("a control frame is too long")
	}
	n = 2
	switch h.length {
	case 126:
		if len(b) < n+2 {
			return h, 0, nil
		}
		if h.length = uint64(binary.BigEndian.Uint16(b[n:])); h.length < 126 {
			return h, 0, wireFault("a length is not in its shortest form")
		}
		n += 2
	case 127:
		if len(b) < n+8 {
			return h, 0, nil
		}
		h.length = binary.BigEndian.Uint64(b[n:])
		if h.length > 1<<63-1 || h.length <= 1<<16-1 {
			return h, 0, wireFault("a length is not in its shortest form")
		}
		n += 8
	}
	if len(b) < n+4 {
		return h, 0, nil
	}
	copy(h.mask[:], b[n:])
	return h, n + 4, nil
}

// message is a whole message or a control frame of a client.
type message struct {
	kind   opcode // 0: none
	data   []byte
	packed bool // data is compressed
	over   bool // larger than the limit; data is not kept
}

// inbound assembles the messages of one client from the bytes that come, however
// they are cut. The zero value stands at the beginning of a connection.
type inbound struct {
	deflate bool   // messages may be compressed
	kind    opcode // of the message under way; 0: none
	packed  bool   // it is compressed
	part    []byte // of it, unmasked
	over    bool   // it is larger than the limit
	skip    uint64 // bytes of payload that are still to be thrown away
}

// between reports whether nothing is under way.
func (in *inbound) between() bool { return in.kind == 0 && in.skip == 0 }

// next takes at most one frame off the front of b and says how many bytes that
// were; 0 means that more are needed. A message of more than limit bytes is
// told once, when that is known, and thrown away as it comes: no more than a
// frame's limit is ever kept. It unmasks within b, and the data of a message may
// share memory with b.
func (in *inbound) next(b []byte, limit int) (m message, used int, err error) {
	if in.skip > 0 {
		n := int(min(in.skip, uint64(len(b)))) //nolint:gosec // at most len(b).
		in.skip -= uint64(n)                   //nolint:gosec // not negative.
		return message{}, n, nil
	}
	h, n, err := parseHeader(b, in.deflate)
	if err != nil || n == 0 {
		// What is wrong with the order of frames is known from the first two bytes.
		if err == nil && len(b) >= 2 {
			err = in.inOrder(h.op)
		}
		return message{}, 0, err
	}
	if err := in.inOrder(h.op); err != nil {
		return message{}, 0, err
	}
	if !h.op.control() && (in.over || h.length > uint64(limit-len(in.part))) { //nolint:gosec // part never is over the limit.
		return in.discard(h), n, nil
	}
	whole := n + int(h.length) //nolint:gosec // a control frame's or at most the limit.
	if len(b) < whole {
		return message{}, 0, nil
	}
	data := b[n:whole:whole]
	unmask(data, h.mask)
	switch {
	case h.op == opClose:
		return message{kind: opClose, data: data}, whole, checkClose(data)
	case h.op.control():
		return message{kind: h.op, data: data}, whole, nil
	case h.op != opContinue && h.final:
		return message{kind: h.op, data: data, packed: h.packed}, whole, nil
	case h.op != opContinue:
		in.kind, in.packed = h.op, h.packed
	}
	in.part = append(in.part, data...)
	if !h.final {
		return message{}, whole, nil
	}
	m = message{kind: in.kind, data: in.part, packed: in.packed}
	*in = inbound{deflate: in.deflate}
	return m, whole, nil
}

// inOrder checks that a frame may come now.
func (in *inbound) inOrder(op opcode) error {
	switch {
	case op == opContinue && in.kind == 0:
		return wireFault("a continuation of nothing")
	case op != opContinue && !op.control() && in.kind != 0:
		return wireFault("a message within a message")
	}
	return nil
}

// discard throws away a frame of a message that is too large.
func (in *inbound) discard(h header) (m message) {
	if h.op != opContinue {
		in.kind = h.op
	}
	if !in.over {
		m = message{kind: in.kind, over: true}
	}
	in.part, in.over, in.skip = nil, true, h.length
	if h.final {
		in.kind, in.over = 0, false
	}
	return m
}

// checkClose checks the payload of a close frame: nothing, or a code that may be
// sent and a reason in UTF-8.
func checkClose(data []byte) error {
	switch {
	case len(data) == 0:
		return nil
	case len(data) == 1:
		return wireFault("a close frame with half a code")
	case !validCloseCode(int(binary.BigEndian.Uint16(data))):
		return wireFault("a close code that is not to be sent")
	case !utf8.Valid(data[2:]):
		return wireFault("a close reason that is not UTF-8")
	}
	return nil
}

// validCloseCode reports whether a peer may send the code: RFC 6455 section
// 7.4.2 and the registry of the IANA it opens.
func validCloseCode(code int) bool {
	return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006 || code >= 3000 && code <= 4999
}

// closeCodeIn is the code of a close frame that was checked.
func closeCodeIn(data []byte) int {
	if len(data) < 2 {
		return closeNoStatus
	}
	return int(binary.BigEndian.Uint16(data))
}

func unmask(b []byte, mask [4]byte) {
	key := uint64(binary.LittleEndian.Uint32(mask[:]))
	key |= key << 32
	i := 0
	for ; i+8 <= len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], binary.LittleEndian.Uint64(b[i:])^key)
	}
	for ; i < len(b); i++ {
		b[i] ^= mask[i&3]
	}
}

// appendFrame adds a whole frame of the server, which is not masked.
func appendFrame(b []byte, op opcode, payload []byte) []byte {
	b = append(b, 0x80|byte(op))
	switch n := len(payload); {
	case n < 126:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n)) //nolint:gosec // below 1<<16.
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return append(b, payload...)
}

// maxHeader is the most bytes appendFrame puts before a payload.
const maxHeader = 10

// wireText is the bytes of text frames, one after the other.
func wireText(frames ...[]byte) []byte {
	size := 0
	for _, f := range frames {
		size += len(f) + maxHeader
	}
	b := make([]byte, 0, size)
	for _, f := range frames {
		b = appendFrame(b, opText, f)
	}
	return b
}

// wire is the bytes that open a conversation: the answer to the handshake, the
// welcome, and the frames that were missed.
func (w *welcomeFrame) wire(answer []byte, missed [][]byte) []byte {
	size := len(answer) + maxHeader + w.size()
	for _, f := range missed {
		size += maxHeader + len(f)
	}
	b := append(make([]byte, 0, size), answer...)
	at := len(b)
	b = w.append(append(b, make([]byte, maxHeader)...)) // The header is as long as the length wants it.
	payload := b[at+maxHeader:]
	b = appendFrame(b[:at], opText, payload)
	for _, f := range missed {
		b = appendFrame(b, opText, f)
	}
	return b
}

// wireClose is the bytes of a close frame.
func wireClose(code int, reason string) []byte {
	var payload []byte
	if code != closeNoStatus {
		payload = append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...) //nolint:gosec // codes have four digits.
	}
	return appendFrame(nil, opClose, payload[:min(len(payload), maxControl)])
}
