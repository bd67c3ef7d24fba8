package eventlog

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

var (
	errShort     = errors.New("ends too early")
	errVarint    = errors.New("holds a number that is not in its shortest form")
	errTrailing  = errors.New("has bytes after its end")
	errChecksum  = errors.New("fails its checksum")
	errNoMagic   = errors.New("does not begin with the magic bytes")
	errNoRecords = errors.New("holds no event")
)

// uvarintLen is the number of bytes of x as an unsigned varint.
func uvarintLen(x uint64) int { return (bits.Len64(x|1) + 6) / 7 }

// uvarint reads an unsigned varint in its one shortest form and returns what
// follows it, so that a value has only one encoding.
func uvarint(b []byte) (x uint64, rest []byte, err error) {
	x, n := binary.Uvarint(b)
	switch {
	case n == 0:
		return 0, nil, errShort
	case n < 0 || n != uvarintLen(x):
		return 0, nil, errVarint
	}
	return x, b[n:], nil
}
