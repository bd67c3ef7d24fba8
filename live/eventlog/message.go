package eventlog

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"showrunner/live"
)

// The head of a message: three magic bytes, the version, the CRC32C of what
// follows. See docs/format/eventlog.md.
const (
	magic          = "SRL"
	messageVersion = 1
	headLen        = 8
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendHead begins a message of count events in dst; the records are appended
// after it, then seal closes it.
func appendHead(dst []byte, count int) []byte {
	dst = append(dst, magic...)
	dst = append(dst, messageVersion, 0, 0, 0, 0)
	return binary.AppendUvarint(dst, uint64(count))
}

// seal writes the checksum of a message into its head.
func seal(message []byte) {
	binary.LittleEndian.PutUint32(message[4:headLen], crc32.Checksum(message[headLen:], castagnoli))
}

// open checks the head of b and returns what the checksum covers.
func open(b []byte, magic string, version byte) ([]byte, error) {
	if len(b) < headLen {
		return nil, errShort
	}
	if string(b[:3]) != magic {
		return nil, errNoMagic
	}
	if b[3] != version {
		return nil, fmt.Errorf("has version %d, this program knows version %d", b[3], version)
	}
	if crc32.Checksum(b[headLen:], castagnoli) != binary.LittleEndian.Uint32(b[4:headLen]) {
		return nil, errChecksum
	}
	return b[headLen:], nil
}

// decodeMessage reads the events of the message with sequence seq. It never
// panics and accepts only the bytes an encoder writes.
func decodeMessage(b []byte, seq uint64) ([]live.Entry, error) {
	b, err := open(b, magic, messageVersion)
	if err != nil {
		return nil, err
	}
	count, b, err := uvarint(b)
	switch {
	case err != nil:
		return nil, fmt.Errorf("count %w", err)
	case count == 0:
		return nil, errNoRecords
	case count > live.MaxBatch:
		return nil, fmt.Errorf("counts %d events, at most %d are allowed", count, live.MaxBatch)
	case count > uint64(len(b)):
		return nil, errShort
	}
	entries := make([]live.Entry, count)
	for i := range entries {
		var size uint64
		if size, b, err = uvarint(b); err != nil {
			return nil, fmt.Errorf("length of event %d %w", i, err)
		}
		if size > uint64(len(b)) {
			return nil, fmt.Errorf("event %d %w", i, errShort)
		}
		if err := decodeRecord(b[:size], &entries[i].Event); err != nil {
			return nil, fmt.Errorf("event %d %w", i, err)
		}
		entries[i].Position = live.Position{Seq: seq, Index: uint32(i)}
		b = b[size:]
	}
	if len(b) > 0 {
		return nil, errTrailing
	}
	return entries, nil
}
