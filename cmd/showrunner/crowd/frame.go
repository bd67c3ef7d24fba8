package crowd

import (
	"encoding/binary"
	"errors"
)

// Opcodes of RFC 6455 section 5.2.
const (
	opText  = 1
	opClose = 8
	opPing  = 9
	opPong  = 10
)

var errFrame = errors.New("a frame of the server that this client does not take")

// cut takes the first whole frame off b, which came from a server: it is not
// masked. It takes no fragments and no compression: neither server sends any.
// rest is b itself while the frame is not all there.
func cut(b []byte) (op byte, payload, rest []byte, err error) {
	if len(b) < 2 {
		return 0, nil, b, nil
	}
	if b[0]&0xF0 != 0x80 || b[1]&0x80 != 0 {
		return 0, nil, b, errFrame
	}
	n, head := uint64(b[1]), 2
	switch n {
	case 126:
		if head = 4; len(b) < head {
			return 0, nil, b, nil
		}
		n = uint64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		if head = 10; len(b) < head {
			return 0, nil, b, nil
		}
		n = binary.BigEndian.Uint64(b[2:])
	}
	if uint64(len(b)-head) < n {
		return 0, nil, b, nil
	}
	end := head + int(n) //nolint:gosec // it is at most len(b).
	return b[0] & 0x0F, b[head:end], b[end:], nil
}

// masked is a client's frame with the mask of zeros, which changes nothing and
// is as valid as any other.
func masked(op byte, payload []byte) []byte {
	b := []byte{0x80 | op}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n <= 0xFFFF:
		b = append(b, 0x80|126)
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b = append(b, 0x80|127)
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}
