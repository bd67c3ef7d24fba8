package bus

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"

	"showrunner/live"
)

const (
	// beatBytes bounds one message of a beat, far below what NATS takes.
	beatBytes = 128 << 10
	// FewPersons is up to how many persons of a room a server says who they
	// are, so that somebody on two servers counts once. Beyond it it sends a
	// [Sketch] of them, and the number over the servers is an estimate.
	FewPersons = 200
)

// Crowd is who is in one room through one server.
type Crowd struct {
	Room    live.RoomID `json:"r"`
	Sockets int         `json:"s"` // with staff and second tabs
	Persons int         `json:"n"` // who count as online
	Hashes  hashes      `json:"h,omitempty"`
	Sketch  Sketch      `json:"k,omitzero"` // instead of hashes of too many
}

// hashes are persons by [HashOf]; nil when there are more than [FewPersons].
type hashes []uint64

// HashOf is a person in eight bytes, FNV-1a. Two that meet by chance count as one.
func HashOf(p live.PersonID) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(p)) // It never fails.
	return h.Sum64()
}

// MarshalJSON packs the hashes into the bytes of one string.
func (h hashes) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 8*len(h))
	for _, v := range h {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return json.Marshal(b)
}

// UnmarshalJSON is the inverse of MarshalJSON.
func (h *hashes) UnmarshalJSON(raw []byte) error {
	var b []byte
	if err := json.Unmarshal(raw, &b); err != nil {
		return err
	}
	if len(b)%8 != 0 || len(b) > 8*FewPersons {
		return fmt.Errorf("%d bytes are no hashes of persons", len(b))
	}
	*h = nil
	for ; len(b) > 0; b = b[8:] {
		*h = append(*h, binary.LittleEndian.Uint64(b))
	}
	return nil
}

// beat is what a server says of itself; one beat may be several messages of
// one Seq.
type beat struct {
	Node     string  `json:"node"`
	Instance string  `json:"instance"` // a name for this start of it
	Seq      uint64  `json:"seq"`
	Machine  string  `json:"machine,omitempty"`
	Gone     bool    `json:"gone,omitempty"` // it ends
	Rooms    []Crowd `json:"rooms,omitempty"`
}

func (p *beat) encode() []byte {
	raw, err := json.Marshal(p)
	if err != nil {
		panic("BUG: a beat cannot be encoded: " + err.Error())
	}
	return raw
}

func decodeBeat(raw []byte) (beat, error) {
	var p beat
	if err := json.Unmarshal(raw, &p); err != nil {
		return beat{}, fmt.Errorf("beat: %w", err)
	}
	if !nodeName.MatchString(p.Node) || p.Instance == "" || len(p.Instance) > 64 || len(p.Machine) > 64 {
		return beat{}, fmt.Errorf("beat: %q is no server", p.Node)
	}
	for _, c := range p.Rooms {
		if !live.ValidID(string(c.Room)) || c.Sockets < 0 || c.Persons < 0 || len(c.Hashes) > c.Persons {
			return beat{}, fmt.Errorf("beat of %s: %+v is no crowd", p.Node, c)
		}
	}
	return p, nil
}
