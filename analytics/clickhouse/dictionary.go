package clickhouse

import (
	"encoding/binary"

	"github.com/ClickHouse/ch-go/proto"
)

// What stands before a dictionary: the version of the form, and that the words
// which follow are all there are. The lowest byte is the width of the places. Then
// follow how many words there are, and the first of them, which is empty.
const (
	sharedDictionaries = 1
	wordsFollow        = 1<<9 | 1<<10

	beforeWords = 3*8 + 1
)

func (c *wordColumn) seal(rows int) wire {
	c.settle(rows)
	width, values := proto.KeyUInt32, c.narrow
	switch {
	case len(c.words) < fewWords:
		width = proto.KeyUInt8
	case len(c.words) < 1<<16:
		width = proto.KeyUInt16
		c.wide = zeros(c.wide[:0], 2*rows)
		for i, k := range c.keys {
			binary.LittleEndian.PutUint16(c.wide[2*i:], uint16(k))
		}
		values = c.wide
	default:
		c.wide = zeros(c.wide[:0], 4*rows)
		for i, k := range c.keys {
			binary.LittleEndian.PutUint32(c.wide[4*i:], k)
		}
		values = c.wide
	}
	if len(c.dictionary) == 0 { // of a column without words
		c.dictionary = zeros(c.dictionary, beforeWords)
	}
	binary.LittleEndian.PutUint64(c.dictionary, sharedDictionaries)
	binary.LittleEndian.PutUint64(c.dictionary[8:], wordsFollow|uint64(width))
	binary.LittleEndian.PutUint64(c.dictionary[16:], uint64(len(c.words)+1))
	head := binary.LittleEndian.AppendUint64(c.dictionary, uint64(rows))
	c.dictionary = head[:len(c.dictionary)]
	return wire{head: head, values: values}
}

// dictionary is a sealed column of words.
type dictionary struct {
	words []string
	width int // of a key, in bytes
	keys  []byte
}

// widthOf is how many bytes a key of a column of words has.
func widthOf(head []byte) int { return 1 << (binary.LittleEndian.Uint64(head[8:]) & 0xff) }

func dictionaryOf(w wire) dictionary {
	d := dictionary{width: widthOf(w.head), keys: w.values}
	count := binary.LittleEndian.Uint64(w.head[16:])
	at := beforeWords - 1
	for range count {
		n, head := binary.Uvarint(w.head[at:])
		at += head
		d.words = append(d.words, string(w.head[at:at+int(n)]))
		at += int(n)
	}
	return d
}

// key is the place of a row's word.
func (d *dictionary) key(row int) int {
	at := d.keys[row*d.width:]
	switch d.width {
	case 1:
		return int(at[0])
	case 2:
		return int(binary.LittleEndian.Uint16(at))
	}
	return int(binary.LittleEndian.Uint32(at))
}
