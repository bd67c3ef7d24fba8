package live

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Limits of a red packet drop.
const (
	MaxPackets = 2000
	// MaxPacketsMajor is the most one drop may give away, in whole units of its
	// currency.
	MaxPacketsMajor    = 20_000
	MaxPacketCountdown = 999 * 60 // seconds
	MaxPacketOpen      = 3600     // seconds
)

// RedPacket is a sum that the first who take a share of it divide. Shares are
// what the merchant owes; paying them is the merchant's.
type RedPacket struct {
	ID           string
	Merchant     MerchantID
	Show         ShowID
	Room         RoomID
	Rehearsal    bool
	Total        int64 // minor units
	Currency     Currency
	Count        int64         // shares
	PerPerson    int64         // shares one person may take
	MonthLimit   int64         // shares a person may take of the merchant in 30 days; 0: any number
	WatchTime    time.Duration // to watch since the drop; zero: none
	Follow       bool          // must follow
	SeedCommit   string        // SHA-256 of the seed, in hex
	ClaimsHash   string        // the newest link of the chain of claims, see [PacketLink]
	Seed         string        // in hex; told when it has closed
	DroppedAt    time.Time
	OpensAt      time.Time // the countdown is over
	ClosesAt     time.Time
	EndedAt      time.Time // zero: it runs
	Reason       DropEnd
	Claimed      int64
	ClaimedMinor int64
}

// Public is the packet as everybody may see it now: no seed before its time.
func (p RedPacket) Public() RedPacket {
	if p.EndedAt.IsZero() {
		p.Seed = ""
	}
	return p
}

// TermsHash is the first link of the chain of claims: the SHA-256, in hex, of
// what was announced: the id, the sum, the number of shares, the currency and the
// commitment to the seed, each on a line but the last.
func (p *RedPacket) TermsHash() string {
	return hexSum(fmt.Appendf(nil, "%s\n%d\n%d\n%s\n%s", p.ID, p.Total, p.Count, p.Currency, p.SeedCommit))
}

// PacketLink is the link that a claim adds to the chain: the SHA-256, in hex, of
// the link before, the number of the share from 1, its sum and the claim's entry,
// each on a line but the last. Who is told theirs holds all claims before it
// against it: none can be put in, left out or put elsewhere later.
func PacketLink(before string, n, minor int64, entry string) string {
	return hexSum(fmt.Appendf(nil, "%s\n%d\n%d\n%s", before, n, minor, entry))
}

// Returned is what nobody took; it is the merchant's again once closed.
func (p *RedPacket) Returned() int64 { return p.Total - p.ClaimedMinor }

// SplitPackets divides a sum into count shares of at least one minor unit, the
// n-th for the n-th who takes one. Of what R is left for k shares each but the
// last gets 1 plus a number from 0 to floor(2(R-k)/k), all equally likely: R/k
// on the average, whatever went before. Numbers come from HMAC-SHA-256 under the
// seed of the packet's id, the index of the share and the number of the try,
// each on a line: its first eight bytes, big-endian, thrown away when taking
// the remainder would favour some. It returns nil unless 1 <= count <= total.
func SplitPackets(seed []byte, packet string, total, count int64) []int64 {
	if count < 1 || count > total {
		return nil
	}
	out := make([]int64, count)
	left := total
	for i := range count {
		k := count - i
		out[i] = left
		if k > 1 {
			out[i] = 1 + int64(uniform(seed, packet, i, uint64(2*(left-k)/k)+1))
		}
		left -= out[i]
	}
	return out
}

// uniform is a number below n.
func uniform(seed []byte, packet string, index int64, n uint64) uint64 {
	for try := 0; ; try++ {
		mac := hmac.New(sha256.New, seed)
		mac.Write([]byte(packet + "\n" + strconv.FormatInt(index, 10) + "\n" + strconv.Itoa(try)))
		x := binary.BigEndian.Uint64(mac.Sum(nil))
		if x < math.MaxUint64-math.MaxUint64%n {
			return x % n
		}
	}
}

// ClaimPacket is a viewer's wish for a share of the red packet in a room.
type ClaimPacket struct {
	Room     RoomID
	Packet   string
	By       Principal
	Claim    string // the client's name for the claim; the same again returns the first share; may be empty
	Channel  string
	Campaign string
}

// PacketShare is what a person got.
type PacketShare struct {
	Packet   string
	Number   int64 // from 1: the how-manieth share it is
	Minor    int64
	Currency Currency
	Entry    string // its name: that of [DrawEntry], with the packet's id
	Nonce    string // of the entry; told to its owner alone
	Link     string // that it made, see [PacketLink]
	At       time.Time
	Replay   bool
}

// MajorUnits is an amount of whole units in minor units.
func (c Currency) MajorUnits(n int64) int64 {
	for range c.Exponent() {
		n *= 10
	}
	return n
}
