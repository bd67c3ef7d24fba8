package eventlog

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"showrunner/live"
)

// An exported log is a file of records, see docs/format/eventlog.md: the magic
// and version, then records of a length, a checksum, a kind and a body.
const (
	exportMagic   = "SRE"
	exportVersion = 1
	maxRecord     = 16 << 20
)

// Kinds of a record of an export.
const (
	recordHead       = 'H' // JSON of exportHead; the first
	recordCheckpoint = 'C' // name, line feed, the bytes of the checkpoint
	recordMark       = 'M' // the outbox mark of what was trimmed, 8 bytes
	recordEvents     = 'E' // sequence, 8 bytes; the bytes of the message
	recordOutbox     = 'O' // sequence and mark, 8 bytes each; the bytes of the message
	recordEnd        = 'Z' // JSON of Exported; the last
)

// exportHead begins an export.
type exportHead struct {
	Epoch string `json:"epoch"`
	First uint64 `json:"first"` // sequence of the first message, or of the next if there is none
}

// Exported is what an export holds.
type Exported struct {
	Epoch    string `json:"epoch"`
	First    uint64 `json:"first"`
	Next     uint64 `json:"next"` // sequence of the first message that is not in it
	Messages uint64 `json:"messages"`
}

// ExportPlan says what of a log is exported.
type ExportPlan struct {
	// Reader is the name under which the export keeps its part of the log from
	// being trimmed; the name is free again afterwards.
	Reader string
	// Through is the highest outbox id that may be in it: the first message with a
	// higher one, and what follows it, are left out.
	Through int64
	// Set are the checkpoints of readers that are not exported as they stand.
	Set map[string]live.Position
}

// Export writes the log to w: all messages from the oldest to the end, or to the
// first whose outbox id is above the plan's, and the checkpoints of the readers
// that stand within. Others go on meanwhile.
func (l *Log) Export(ctx context.Context, w io.Writer, plan ExportPlan) (out Exported, err error) {
	fail := func(err error) (Exported, error) { return out, fmt.Errorf("export the log: %w", err) }
	// One that was killed left its name.
	if err := l.DropReader(ctx, plan.Reader); err != nil {
		return fail(err)
	}
	keeper, err := l.Reader(ctx, plan.Reader, live.Position{})
	if err != nil {
		return fail(err)
	}
	defer func() {
		err = errors.Join(err, keeper.Close(), l.DropReader(context.WithoutCancel(ctx), plan.Reader))
	}()
	info, err := l.stream.Info(ctx)
	if err != nil {
		return fail(err)
	}
	out = Exported{Epoch: l.epoch, First: max(info.State.FirstSeq, 1)}
	if info.State.Msgs == 0 {
		out.First = info.State.LastSeq + 1
	}
	if standing, _ := keeper.Checkpoint(); standing.Seq != out.First {
		return fail(fmt.Errorf("the name %s was in use, at message %d", plan.Reader, standing.Seq))
	}
	out.Next = out.First
	b := bufio.NewWriterSize(w, 1<<20)
	if _, err := b.WriteString(exportMagic + string([]byte{exportVersion})); err != nil {
		return fail(err)
	}
	if err := writeRecord(b, recordHead, asJSON(exportHead{out.Epoch, out.First})); err != nil {
		return fail(err)
	}
	checkpoints, err := l.checkpoints(ctx, plan)
	if err != nil {
		return fail(err)
	}
	for end := info.State.LastSeq + 1; out.Next < end; out.Next++ {
		done, err := l.exportMessage(ctx, b, out.Next, plan.Through)
		if err != nil {
			return fail(err)
		}
		if done {
			break
		}
		out.Messages++
	}
	for _, c := range checkpoints {
		if c.next.Seq > out.Next || c.next.Seq == out.Next && c.next.Index > 0 {
			continue // It has read what is not in here, and begins anew.
		}
		if err := writeRecord(b, recordCheckpoint, append([]byte(c.name+"\n"), c.encode()...)); err != nil {
			return fail(err)
		}
	}
	mark, err := l.keptMark(ctx)
	if err != nil {
		return fail(err)
	}
	if mark > 0 && mark <= plan.Through {
		if err := writeRecord(b, recordMark, encodeMark(mark)); err != nil {
			return fail(err)
		}
	}
	if err := writeRecord(b, recordEnd, asJSON(out)); err != nil {
		return fail(err)
	}
	if err := b.Flush(); err != nil {
		return fail(err)
	}
	return out, nil
}

// exportMessage writes one message, unless it is the first that is left out.
func (l *Log) exportMessage(ctx context.Context, w io.Writer, seq uint64, through int64) (left bool, err error) {
	msg, err := l.stream.GetMsg(ctx, seq)
	if err != nil {
		return false, fmt.Errorf("message %d: %w", seq, err)
	}
	body := binary.LittleEndian.AppendUint64(nil, seq)
	if msg.Subject != l.cfg.Stream+".outbox" {
		return false, writeRecord(w, recordEvents, append(body, msg.Data...))
	}
	mark, err := strconv.ParseInt(msg.Header.Get(throughHeader), 10, 64)
	if err != nil || mark <= 0 {
		return false, &CorruptError{Position: live.Position{Seq: seq}, Reason: fmt.Errorf("its outbox mark is %q", msg.Header.Get(throughHeader))}
	}
	if mark > through {
		return true, nil
	}
	return false, writeRecord(w, recordOutbox, append(binary.LittleEndian.AppendUint64(body, uint64(mark)), msg.Data...))
}

// namedCheckpoint is a checkpoint and whose it is.
type namedCheckpoint struct {
	name string
	checkpoint
}

// checkpoints are those of all readers as they stand, and those the plan sets.
func (l *Log) checkpoints(ctx context.Context, plan ExportPlan) (out []namedCheckpoint, err error) {
	names, err := l.readerNames(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		c, revision, err := l.readCheckpoint(ctx, name)
		if err != nil {
			return nil, err
		}
		if _, set := plan.Set[name]; set || revision == 0 || name == plan.Reader {
			continue
		}
		out = append(out, namedCheckpoint{name, c})
	}
	for name, at := range plan.Set {
		out = append(out, namedCheckpoint{name, checkpoint{epoch: l.epoch, next: at}})
	}
	slices.SortFunc(out, func(a, b namedCheckpoint) int { return strings.Compare(a.name, b.name) })
	return out, nil
}

func asJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("BUG: a record of an export cannot be encoded: " + err.Error())
	}
	return b
}

// writeRecord writes one record.
func writeRecord(w io.Writer, kind byte, body []byte) error {
	head := binary.LittleEndian.AppendUint32(nil, uint32(len(body)+1))
	sum := crc32.Update(crc32.Checksum([]byte{kind}, castagnoli), castagnoli, body)
	head = append(binary.LittleEndian.AppendUint32(head, sum), kind)
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err := w.Write(body)
	return err
}

// errExport says that a file is not a whole export.
var errExport = errors.New("is not a whole export of a log")

// readRecord reads one record.
func readRecord(r io.Reader) (kind byte, body []byte, err error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, fmt.Errorf("%w: it ends within a record: %w", errExport, err)
	}
	n := binary.LittleEndian.Uint32(head[:4])
	if n == 0 || n > maxRecord {
		return 0, nil, fmt.Errorf("%w: a record of %d bytes", errExport, n)
	}
	// Grown as it is read: a wrong length takes no memory.
	all, err := io.ReadAll(io.LimitReader(r, int64(n)))
	if err == nil && len(all) < int(n) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return 0, nil, fmt.Errorf("%w: it ends within a record: %w", errExport, err)
	}
	if crc32.Checksum(all, castagnoli) != binary.LittleEndian.Uint32(head[4:]) {
		return 0, nil, fmt.Errorf("%w: a record has another checksum", errExport)
	}
	return all[0], all[1:], nil
}

// ReadExport reads an export to its end, checks every record and message of it,
// and says what it holds.
func ReadExport(r io.Reader) (Exported, error) {
	return readExport(r, func(exportHead) error { return nil }, func(byte, []byte) error { return nil })
}

// readExport goes through an export.
func readExport(r io.Reader, begin func(exportHead) error, each func(kind byte, body []byte) error) (out Exported, err error) {
	b := bufio.NewReaderSize(r, 1<<20)
	var magic [4]byte
	if _, err := io.ReadFull(b, magic[:]); err != nil || string(magic[:3]) != exportMagic {
		return out, fmt.Errorf("%w: it does not begin as one", errExport)
	}
	if magic[3] != exportVersion {
		return out, fmt.Errorf("%w that this program knows: version %d, it knows %d", errExport, magic[3], exportVersion)
	}
	for first := true; ; first = false {
		kind, body, err := readRecord(b)
		if err != nil {
			return out, err
		}
		switch {
		case first != (kind == recordHead):
			return out, fmt.Errorf("%w: a head that is not the first record", errExport)
		case first:
			var head exportHead
			if err := json.Unmarshal(body, &head); err != nil || head.Epoch == "" || len(head.Epoch) > maxEpoch || head.First == 0 {
				return out, fmt.Errorf("%w: its head cannot be read", errExport)
			}
			out = Exported{Epoch: head.Epoch, First: head.First, Next: head.First}
			if err := begin(head); err != nil {
				return out, err
			}
			continue
		case kind == recordEnd:
			var end Exported
			if err := json.Unmarshal(body, &end); err != nil || end != out {
				return out, fmt.Errorf("%w: it ends with %s, and %d messages up to %d were read", errExport, body, out.Messages, out.Next)
			}
			if _, err := b.ReadByte(); !errors.Is(err, io.EOF) {
				return out, fmt.Errorf("%w: something follows its end", errExport)
			}
			return out, nil
		}
		if err := out.take(kind, body); err != nil {
			return out, err
		}
		if err := each(kind, body); err != nil {
			return out, err
		}
	}
}

// take checks one record between head and end and counts it.
func (out *Exported) take(kind byte, body []byte) error {
	switch kind {
	case recordEvents, recordOutbox:
		head := 8
		if kind == recordOutbox {
			head = 16
		}
		if len(body) < head || binary.LittleEndian.Uint64(body) != out.Next {
			return fmt.Errorf("%w: message %d is missing", errExport, out.Next)
		}
		if kind == recordOutbox && int64(binary.LittleEndian.Uint64(body[8:])) <= 0 {
			return fmt.Errorf("%w: message %d has no outbox mark", errExport, out.Next)
		}
		if _, err := decodeMessage(body[head:], out.Next); err != nil {
			return fmt.Errorf("%w: message %d %w", errExport, out.Next, err)
		}
		out.Next++
		out.Messages++
		return nil
	case recordCheckpoint:
		name, _, ok := strings.Cut(string(body), "\n")
		if !ok || !readerName.MatchString(name) {
			return fmt.Errorf("%w: a checkpoint of nobody", errExport)
		}
		c, err := decodeCheckpoint(body[len(name)+1:])
		if err != nil {
			return fmt.Errorf("%w: the checkpoint of reader %q %w", errExport, name, err)
		}
		if c.epoch != out.Epoch || c.next.Seq > out.Next || c.next.Seq == out.Next && c.next.Index > 0 {
			return fmt.Errorf("%w: the checkpoint of reader %q is not in it", errExport, name)
		}
		return nil
	case recordMark:
		if _, err := decodeMark(body); err != nil {
			return fmt.Errorf("%w: %w", errExport, err)
		}
		return nil
	}
	return fmt.Errorf("%w: a record of the unknown kind %q", errExport, kind)
}

// keptMark is the outbox mark that the trimmer keeps, 0 if there is none.
func (l *Log) keptMark(ctx context.Context) (int64, error) {
	kept, err := l.marks.Get(ctx, outboxKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the kept outbox mark: %w", err)
	}
	return decodeMark(kept.Value())
}
