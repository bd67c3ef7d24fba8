package ingest

import (
	"crypto/sha256"
	"encoding/binary"

	"showrunner/live"
)

// Key is the identity of a fact in 16 bytes.
type Key [16]byte

// KeyOf makes the key of a fact: the first half of the SHA-256 of its three
// names, each with its length before it. A billion facts meet by chance with a
// probability below 10^-20.
func KeyOf(m live.MerchantID, source string, id live.EventID) Key {
	b := make([]byte, 0, 3*live.MaxIDLen)
	for _, s := range [...]string{string(m), source, string(id)} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	sum := sha256.Sum256(b)
	return Key(sum[:16])
}
