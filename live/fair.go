package live

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// DrawEntry is the name of a person's entry in a draw: it tells nobody who they
// are, and they can make it again of what they were answered.
func DrawEntry(draw string, person PersonID, nonce string) string {
	return hexSum([]byte(draw + "\n" + string(person) + "\n" + nonce))
}

// EntriesHash is the SHA-256, in hex, of the entries in ascending order, each
// followed by a line feed.
func EntriesHash(entries []string) string {
	sorted := slices.Clone(entries)
	slices.Sort(sorted)
	h := sha256.New()
	for _, e := range sorted {
		h.Write([]byte(e + "\n"))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// SeedCommit is the commitment to a seed: its SHA-256 in hex.
func SeedCommit(seed []byte) string { return hexSum(seed) }

// DrawWinners picks the winners: the entries with the lowest scores, where the
// score of an entry is HMAC-SHA-256 under the seed of the draw's id, the hash of
// all entries and the entry, each on a line but the last. The set of entries
// decides, not their order.
func DrawWinners(seed []byte, draw string, entries []string, winners int64) []string {
	type scored struct{ score, entry string }
	hash := EntriesHash(entries)
	list := make([]scored, len(entries))
	for i, e := range entries {
		mac := hmac.New(sha256.New, seed)
		mac.Write([]byte(draw + "\n" + hash + "\n" + e))
		list[i] = scored{string(mac.Sum(nil)), e}
	}
	slices.SortFunc(list, func(a, b scored) int {
		if c := strings.Compare(a.score, b.score); c != 0 {
			return c
		}
		return strings.Compare(a.entry, b.entry)
	})
	out := make([]string, min(int64(len(list)), winners))
	for i := range out {
		out[i] = list[i].entry
	}
	return out
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
