package eventlog

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"showrunner/live"
)

func encodeMessage(t testing.TB, evs ...live.Event) []byte {
	t.Helper()
	b := appendHead(nil, len(evs))
	for i := range evs {
		var err error
		if b, err = appendRecord(b, &evs[i]); err != nil {
			t.Fatal(err)
		}
	}
	seal(b)
	return b
}

// The bytes of the format page. If this test fails, the version must change.
func TestGoldenMessage(t *testing.T) {
	at := time.UnixMilli(1_795_291_200_000)
	full := live.Event{
		ID: "e1", Kind: "liked", Source: "ws", Merchant: "m", Room: "r", Show: "s",
		Actor: live.Actor{ID: "v", Name: "V", Role: "viewer"}, Person: "v", Channel: "group", Campaign: "c", Stage: "lead",
		Rehearsal: true, OccurredAt: at, ReceivedAt: at.Add(time.Millisecond), Data: []byte(`{"count":1}`),
	}
	const want = "53524c01" + "2ef0cb7e" + "02" + // SRL, version 1, checksum, two events
		"44" + "07" + "80f4c6fd9f34" + "81f4c6fd9f34" + // length, flags, occurred, received
		"02050201010101010601050104" + // lengths of the strings
		"6531" + "6c696b6564" + "7773" + "6d" + "72" + "73" + "76" + "56" + "766965776572" + "76" + "67726f7570" + "63" + "6c656164" +
		"7b22636f756e74223a317d" + // data
		"0f" + "00" + "01000000000000000000000000" + "78" // an event with nothing but the ID x
	got := hex.EncodeToString(encodeMessage(t, full, live.Event{ID: "x"}))
	if got != want {
		t.Errorf("message is\n%s, want\n%s", got, want)
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := encodeMessage(t, event("e-1"), event("e-2"))
	reseal := func(b []byte) []byte { seal(b); return b }
	edit := func(f func(b []byte) []byte) []byte { return f(bytes.Clone(good)) }
	wide := bytes.Repeat([]byte("x"), maxText+1)
	for _, c := range []struct {
		name, want string
		bytes      []byte
	}{
		{"nothing", "ends too early", nil},
		{"half a head", "ends too early", good[:6]},
		{"another magic", "magic", edit(func(b []byte) []byte { b[0] = 'X'; return b })},
		{"another version", "version 7, this program knows version 1", edit(func(b []byte) []byte { b[3] = 7; return b })},
		{"a flipped bit", "checksum", edit(func(b []byte) []byte { b[40] ^= 1; return b })},
		{"a lost tail", "checksum", good[:len(good)-1]},
		{"no events", "no event", reseal(appendHead(nil, 0))},
		{"too many events", "at most 4096", reseal(append(appendHead(nil, live.MaxBatch+1), make([]byte, 5000)...))},
		{"more events than bytes", "too early", reseal(append(appendHead(nil, 100), 0, 0))},
		{"bytes after the end", "after its end", reseal(append(bytes.Clone(good), 0))},
		{"a long form of a number", "shortest form", reseal(append(appendHead(nil, 1), 0x80, 0x00))},
		{"an unknown flag", "unknown flags", reseal(append(appendHead(nil, 1), 1, 0x80))},
		{"a record longer than the message", "too early", reseal(append(appendHead(nil, 1), 100, 0))},
		{"an empty record", "too early", reseal(append(appendHead(nil, 1), 0))},
		{"a year 10000", "year 9999", reseal(append(appendHead(nil, 1), 8, flagOccurred, 0x80, 0xf8, 0x8a, 0xd9, 0xdd, 0xe8, 0x39))},
		{"a long string", "at most 4096", reseal(append(append(appendHead(nil, 1), 0x90, 0x20, 0, 0x81, 0x20), append(make([]byte, 12), wide...)...))},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := decodeMessage(c.bytes, 1)
			if err == nil {
				t.Fatalf("decoded to %d events", len(got))
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, want it to contain %q", err, c.want)
			}
		})
	}
}

func TestEveryEventSurvivesTheFormat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := func(name string) string { return rapid.StringN(0, 40, 200).Draw(t, name) }
		moment := func(name string) time.Time {
			if rapid.Bool().Draw(t, name+" is zero") {
				return time.Time{}
			}
			return time.UnixMilli(rapid.Int64Range(0, maxMilli).Draw(t, name)).UTC()
		}
		var want []live.Event
		for range rapid.IntRange(1, 5).Draw(t, "events") {
			e := live.Event{
				ID: live.EventID(text("id")), Kind: live.Kind(text("kind")), Source: text("source"),
				Merchant: live.MerchantID(text("merchant")), Room: live.RoomID(text("room")), Show: live.ShowID(text("show")),
				Actor:  live.Actor{ID: text("actor"), Name: text("name"), Role: live.Role(text("role"))},
				Person: live.PersonID(text("person")), Channel: text("channel"), Campaign: text("campaign"), Stage: live.Stage(text("stage")),
				Rehearsal: rapid.Bool().Draw(t, "rehearsal"), OccurredAt: moment("occurred"), ReceivedAt: moment("received"),
			}
			if b := rapid.SliceOf(rapid.Byte()).Draw(t, "data"); len(b) > 0 {
				e.Data = b
			}
			want = append(want, e)
		}
		b := appendHead(nil, len(want))
		for i := range want {
			var err error
			if b, err = appendRecord(b, &want[i]); err != nil {
				t.Fatal(err)
			}
		}
		seal(b)
		entries, err := decodeMessage(b, 9)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range entries {
			if diff := cmp.Diff(want[i], e.Event); diff != "" {
				t.Fatalf("event %d (-want +got):\n%s", i, diff)
			}
			if e.Position != (live.Position{Seq: 9, Index: uint32(i)}) {
				t.Fatalf("event %d is at %v", i, e.Position)
			}
		}
	})
}

func TestUvarintLen(t *testing.T) {
	for _, x := range []uint64{0, 1, 127, 128, 1<<14 - 1, 1 << 14, 1<<63 - 1, 1 << 63, math.MaxUint64} {
		b := binary.AppendUvarint(nil, x)
		if got := uvarintLen(x); got != len(b) {
			t.Errorf("uvarintLen(%d) = %d, want %d", x, got, len(b))
		}
	}
}

// FuzzDecodeMessage: whatever is decoded is what an encoder would have written.
func FuzzDecodeMessage(f *testing.F) {
	f.Add(encodeMessage(f, event("e-1")))
	f.Add(encodeMessage(f, event("e-1"), live.Event{ID: "x"}, live.Event{}))
	f.Add(appendHead(nil, 1))
	f.Add([]byte("SRL\x02\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > headLen {
			seal(b) // let the fuzzer past the checksum
		}
		entries, err := decodeMessage(b, 1)
		if err != nil {
			return
		}
		evs := make([]live.Event, len(entries))
		for i := range entries {
			evs[i] = entries[i].Event
		}
		if again := encodeMessage(t, evs...); !bytes.Equal(again, b) {
			t.Errorf("decoded and encoded:\n%x became\n%x", b, again)
		}
	})
}

// FuzzDecodeCheckpoint: the same for checkpoints.
func FuzzDecodeCheckpoint(f *testing.F) {
	c := checkpoint{owner: [16]byte{1, 2}, epoch: "epoch", next: live.Position{Seq: 7, Index: 3}, note: []byte("note")}
	f.Add(c.encode())
	f.Add((&checkpoint{}).encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > headLen {
			seal(b)
		}
		c, err := decodeCheckpoint(b)
		if err != nil {
			return
		}
		if again := c.encode(); !bytes.Equal(again, b) {
			t.Errorf("decoded and encoded:\n%x became\n%x", b, again)
		}
	})
}

func TestCheckpointBytes(t *testing.T) {
	want := checkpoint{owner: [16]byte{15: 1}, epoch: "ep", next: live.Position{Seq: 258, Index: 3}, note: []byte("n")}
	const golden = "53524301" + "7a6b7558" + "00000000000000000000000000000001" + "0201000000000000" + "03000000" + "02" + "6570" + "6e"
	b := want.encode()
	if got := hex.EncodeToString(b); got != golden {
		t.Errorf("checkpoint is\n%s, want\n%s", got, golden)
	}
	got, err := decodeCheckpoint(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(checkpoint{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	b[3] = 9
	if _, err := decodeCheckpoint(b); err == nil || !strings.Contains(err.Error(), "version 9") {
		t.Errorf("another version: %v", err)
	}
	b[3] = checkpointVersion
	b[len(b)-1] ^= 1
	if _, err := decodeCheckpoint(b); !errors.Is(err, errChecksum) {
		t.Errorf("a flipped bit: %v", err)
	}
}
