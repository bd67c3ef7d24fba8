package eventlog

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"showrunner/live"
)

// Bits of a record's first byte. The others must be zero.
const (
	flagRehearsal = 1 << iota
	flagOccurred  // OccurredAt follows; else it is zero
	flagReceived  // ReceivedAt follows; else it is zero
	flagsKnown    = flagRehearsal | flagOccurred | flagReceived
)

const (
	// texts is the number of string fields of a record.
	texts = 13
	// maxText bounds one string field: identifiers, names and channels are far
	// below; a decoder never believes more.
	maxText = 4 << 10
	// maxMilli is the last millisecond of the year 9999, the last that RFC 3339
	// can write.
	maxMilli = 253402300799999
)

// textOf lists the string fields in the order of the format.
func textOf(e *live.Event) [texts]string {
	return [texts]string{
		string(e.ID), string(e.Kind), e.Source, string(e.Merchant), string(e.Room), string(e.Show),
		e.Actor.ID, e.Actor.Name, string(e.Actor.Role), string(e.Person), e.Channel, e.Campaign, string(e.Stage),
	}
}

// textNames names the fields of textOf in errors.
var textNames = [texts]string{
	"event_id", "type", "source", "merchant_id", "room_id", "show_id",
	"actor.id", "actor.name", "actor.role", "person_id", "channel", "campaign", "stage",
}

// appendRecord appends the length-prefixed record of an event to dst. It
// refuses what a decoder would not take back; times lose what is below a
// millisecond, and their zone.
func appendRecord(dst []byte, e *live.Event) ([]byte, error) {
	var flags byte
	size := 1 + len(e.Data)
	if e.Rehearsal {
		flags |= flagRehearsal
	}
	occurred, err := milli("occurred_at", e.OccurredAt, flagOccurred, &flags, &size)
	if err != nil {
		return dst, err
	}
	received, err := milli("received_at", e.ReceivedAt, flagReceived, &flags, &size)
	if err != nil {
		return dst, err
	}
	text := textOf(e)
	for i, s := range text {
		if len(s) > maxText {
			return dst, live.TooLarge("event_too_large", textNames[i], "is %d bytes, at most %d are kept", len(s), maxText)
		}
		size += uvarintLen(uint64(len(s))) + len(s)
	}
	if len(e.Data) > live.MaxOrderData {
		return dst, live.TooLarge("event_too_large", "data", "is %d bytes, at most %d are kept", len(e.Data), live.MaxOrderData)
	}
	dst = binary.AppendUvarint(dst, uint64(size))
	dst = append(dst, flags)
	if flags&flagOccurred != 0 {
		dst = binary.AppendUvarint(dst, occurred)
	}
	if flags&flagReceived != 0 {
		dst = binary.AppendUvarint(dst, received)
	}
	for _, s := range text {
		dst = binary.AppendUvarint(dst, uint64(len(s)))
	}
	for _, s := range text {
		dst = append(dst, s...)
	}
	return append(dst, e.Data...), nil
}

func milli(field string, t time.Time, flag byte, flags *byte, size *int) (uint64, error) {
	if t.IsZero() {
		return 0, nil
	}
	ms := t.UnixMilli()
	if ms < 0 || ms > maxMilli {
		return 0, live.Invalid("invalid_field", field, "must be between the years 1970 and 9999")
	}
	*flags |= flag
	*size += uvarintLen(uint64(ms))
	return uint64(ms), nil
}

// decodeRecord reads the body of one record. Its strings share one copy of the
// record's text and its data is a copy, so an event kept for long holds nothing
// of its message.
func decodeRecord(b []byte, e *live.Event) error {
	if len(b) == 0 {
		return errShort
	}
	flags := b[0]
	if flags&^flagsKnown != 0 {
		return fmt.Errorf("has unknown flags %#02x", flags)
	}
	b = b[1:]
	*e = live.Event{Rehearsal: flags&flagRehearsal != 0}
	var err error
	if flags&flagOccurred != 0 {
		if e.OccurredAt, b, err = instant(b); err != nil {
			return fmt.Errorf("occurred_at %w", err)
		}
	}
	if flags&flagReceived != 0 {
		if e.ReceivedAt, b, err = instant(b); err != nil {
			return fmt.Errorf("received_at %w", err)
		}
	}
	var lengths [texts]int
	total := 0
	for i := range lengths {
		var n uint64
		if n, b, err = uvarint(b); err != nil {
			return fmt.Errorf("length of %s %w", textNames[i], err)
		}
		if n > maxText {
			return fmt.Errorf("%s is %d bytes, at most %d are allowed", textNames[i], n, maxText)
		}
		lengths[i] = int(n)
		total += int(n)
	}
	if total > len(b) {
		return errShort
	}
	if data := b[total:]; len(data) > live.MaxOrderData {
		return fmt.Errorf("data is %d bytes, at most %d are allowed", len(data), live.MaxOrderData)
	} else if len(data) > 0 {
		e.Data = append(json.RawMessage(nil), data...)
	}
	rest := string(b[:total])
	next := func(i int) string {
		s := rest[:lengths[i]]
		rest = rest[lengths[i]:]
		return s
	}
	e.ID, e.Kind, e.Source = live.EventID(next(0)), live.Kind(next(1)), next(2)
	e.Merchant, e.Room, e.Show = live.MerchantID(next(3)), live.RoomID(next(4)), live.ShowID(next(5))
	e.Actor = live.Actor{ID: next(6), Name: next(7), Role: live.Role(next(8))}
	e.Person, e.Channel, e.Campaign = live.PersonID(next(9)), next(10), next(11)
	e.Stage = live.Stage(next(12))
	return nil
}

func instant(b []byte) (time.Time, []byte, error) {
	ms, rest, err := uvarint(b)
	if err != nil {
		return time.Time{}, nil, err
	}
	if ms > maxMilli {
		return time.Time{}, nil, fmt.Errorf("is after the year 9999")
	}
	return time.UnixMilli(int64(ms)).UTC(), rest, nil
}
