package eventlog

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"regexp"

	"github.com/nats-io/nats.go/jetstream"

	"showrunner/live"
)

// The head of a checkpoint, see docs/format/eventlog.md.
const (
	checkpointMagic   = "SRC"
	checkpointVersion = 1
	readerPrefix      = "reader."
	maxEpoch          = 64
)

var readerName = regexp.MustCompile(`^[A-Za-z0-9_-]([A-Za-z0-9_.-]{0,62}[A-Za-z0-9_-])?$`)

// checkpoint is how far a named reader has come. Its owner is a random name
// that the reader took when it was opened.
type checkpoint struct {
	owner [16]byte
	epoch string
	next  live.Position
	note  []byte
}

func (c *checkpoint) encode() []byte {
	b := append(make([]byte, 0, headLen+16+8+4+2+len(c.epoch)+len(c.note)), checkpointMagic...)
	b = append(b, checkpointVersion, 0, 0, 0, 0)
	b = append(b, c.owner[:]...)
	b = binary.LittleEndian.AppendUint64(b, c.next.Seq)
	b = binary.LittleEndian.AppendUint32(b, c.next.Index)
	b = binary.AppendUvarint(b, uint64(len(c.epoch)))
	b = append(b, c.epoch...)
	b = append(b, c.note...)
	binary.LittleEndian.PutUint32(b[4:headLen], crc32.Checksum(b[headLen:], castagnoli))
	return b
}

func decodeCheckpoint(b []byte) (checkpoint, error) {
	var c checkpoint
	b, err := open(b, checkpointMagic, checkpointVersion)
	if err != nil {
		return c, err
	}
	if len(b) < 16+8+4 {
		return c, errShort
	}
	copy(c.owner[:], b)
	c.next.Seq = binary.LittleEndian.Uint64(b[16:])
	c.next.Index = binary.LittleEndian.Uint32(b[24:])
	if c.next.Index > live.MaxBatch {
		return c, fmt.Errorf("has index %d, at most %d is allowed", c.next.Index, live.MaxBatch)
	}
	n, b, err := uvarint(b[28:])
	if err != nil {
		return c, fmt.Errorf("length of epoch %w", err)
	}
	if n > maxEpoch || n > uint64(len(b)) {
		return c, errShort
	}
	c.epoch, b = string(b[:n]), b[n:]
	if len(b) > maxNote {
		return c, fmt.Errorf("has a note of %d bytes, at most %d are allowed", len(b), maxNote)
	}
	if len(b) > 0 {
		c.note = append([]byte(nil), b...)
	}
	return c, nil
}

// readCheckpoint returns the checkpoint of a name and its revision, which is 0
// if there is none.
func (l *Log) readCheckpoint(ctx context.Context, name string) (checkpoint, uint64, error) {
	c, kept, err := l.keptCheckpoint(ctx, name)
	if kept == nil || err != nil {
		return checkpoint{}, 0, err
	}
	return c, kept.Revision(), nil
}

// keptCheckpoint is readCheckpoint with what the server says of it, nil if there
// is none.
func (l *Log) keptCheckpoint(ctx context.Context, name string) (checkpoint, jetstream.KeyValueEntry, error) {
	kept, err := l.marks.Get(ctx, readerPrefix+name)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return checkpoint{}, nil, nil
	}
	if err != nil {
		return checkpoint{}, nil, fmt.Errorf("read the checkpoint of reader %q: %w", name, err)
	}
	c, err := decodeCheckpoint(kept.Value())
	if err != nil {
		return checkpoint{}, nil, fmt.Errorf("the checkpoint of reader %q %w", name, err)
	}
	if c.epoch != l.epoch {
		return checkpoint{}, nil, fmt.Errorf("the checkpoint of reader %q belongs to another log: epoch %s, this is %s", name, c.epoch, l.epoch)
	}
	return c, kept, nil
}

// writeCheckpoint replaces revision, 0 for none, and returns the new one.
func (l *Log) writeCheckpoint(ctx context.Context, name string, c *checkpoint, revision uint64) (uint64, error) {
	if revision == 0 {
		return l.marks.Create(ctx, readerPrefix+name, c.encode())
	}
	return l.marks.Update(ctx, readerPrefix+name, c.encode(), revision)
}

// claim takes the checkpoint of a name for owner; who held it before loses it.
// Without one it is made at start.
func (l *Log) claim(ctx context.Context, name string, owner [16]byte, start live.Position) (checkpoint, uint64, error) {
	for attempt := 0; ; attempt++ {
		c, revision, err := l.readCheckpoint(ctx, name)
		if err != nil {
			return c, 0, err
		}
		if revision == 0 {
			c.next, c.epoch = start, l.epoch
		}
		c.owner = owner
		revision, err = l.writeCheckpoint(ctx, name, &c, revision)
		if err == nil {
			return c, revision, nil
		}
		if !conflicts(err) || attempt == 10 {
			return c, 0, fmt.Errorf("claim reader %q: %w", name, err)
		}
	}
}

// DropReader forgets a named reader, so that it no longer holds back the
// trimmer. Whoever has it open loses it.
func (l *Log) DropReader(ctx context.Context, name string) error {
	if !readerName.MatchString(name) {
		return live.Invalid("invalid_field", "name", "%q is not a reader's name", name)
	}
	if err := l.marks.Purge(ctx, readerPrefix+name); err != nil {
		return fmt.Errorf("drop reader %q: %w", name, err)
	}
	return nil
}
