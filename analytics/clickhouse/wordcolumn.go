package clickhouse

import (
	"encoding/binary"
	"slices"

	"github.com/ClickHouse/ch-go/proto"

	"showrunner/live"
)

// wordColumn is LowCardinality(String): a dictionary, whose first word is the empty
// one, and the place of every row's word in it. A word that rows have one after the
// other is written down when it ends: most columns have few others.
type wordColumn struct {
	dictionary []byte // what stands before it, lengths and bytes
	places     map[string]uint32
	words      []string
	narrow     []byte   // while there are few words
	keys       []uint32 // once there are more
	wide       []byte   // the same as they travel

	last    string // what was put last, and its place
	lastKey uint32
	until   int          // the first row behind those that have it
	near    [64]struct { // and some of what was put before
		word string
		key  uint32
	}
}

func (*wordColumn) Type() proto.ColumnType {
	return proto.ColumnTypeLowCardinality.Sub(proto.ColumnTypeString)
}

func (c *wordColumn) empty() bool { return len(c.words) == 0 }

func (c *wordColumn) reset() {
	c.last, c.lastKey, c.until = "", 0, 0
	c.dictionary, c.words, c.narrow, c.keys = c.dictionary[:0], c.words[:0], c.narrow[:0], c.keys[:0]
	if len(c.places) > 0 {
		clear(c.places)
		clear(c.near[:])
	}
}

// release keeps no memory at all: it is for the rare range that failed.
func (c *wordColumn) release() { *c = wordColumn{} }

func (c *wordColumn) put(row int, s string) {
	if s != "" {
		c.find(row, s)
	}
}

// find notes the place of a row's word.
func (c *wordColumn) find(row int, s string) {
	if s != c.last {
		near := &c.near[live.Hash(s)%uint32(len(c.near))]
		if s != near.word {
			near.word, near.key = s, c.learn(s)
		}
		c.turn(row, near.word, near.key)
	} else if row != c.until {
		c.turn(row, s, c.lastKey)
	}
	c.until = row + 1
}

func (c *wordColumn) putBytes(row int, s []byte) {
	if len(s) == 0 {
		return
	}
	if string(s) != c.last {
		near := &c.near[live.Hash(s)%uint32(len(c.near))]
		if string(s) != near.word {
			key, ok := c.places[string(s)]
			if !ok {
				key = c.learn(string(s))
			}
			near.word, near.key = c.words[key-1], key
		}
		c.turn(row, near.word, near.key)
	} else if row != c.until {
		c.turn(row, c.last, c.lastKey)
	}
	c.until = row + 1
}

// putKnown is put for who keeps a word's place for as long as the range lasts, 0 if
// it is not known yet.
func (c *wordColumn) putKnown(row int, s string, place *uint32) {
	if s == "" {
		return
	}
	if *place == 0 {
		*place = c.learn(s)
	}
	if *place != c.lastKey || row != c.until {
		c.turn(row, s, *place)
	}
	c.until = row + 1
}

// turn writes down what the rows before have, and begins with another word.
func (c *wordColumn) turn(row int, s string, key uint32) {
	if n := len(c.narrow); n == row-1 && n > 0 && c.until == row && len(c.words) < fewWords {
		c.narrow = append(c.narrow, byte(c.lastKey)) // The row before alone, as where words take turns.
	} else {
		c.settle(row)
	}
	c.last, c.lastKey = s, key
}

// settle writes down what the rows before one have that is not yet: the last word as
// far as it goes, and behind it none.
func (c *wordColumn) settle(row int) {
	if len(c.keys) == 0 && len(c.words) < fewWords {
		c.narrow = settled(c.narrow, c.until, row, byte(c.lastKey))
		return
	}
	for _, k := range c.narrow { // More words than a byte counts: they are taken over.
		c.keys = append(c.keys, uint32(k))
	}
	c.narrow = c.narrow[:0]
	c.keys = settled(c.keys, c.until, row, c.lastKey)
}

// settled are the keys of all rows before one, which are key before until.
func settled[T byte | uint32](keys []T, until, row int, key T) []T {
	n := len(keys)
	if n >= row {
		return keys
	}
	keys = slices.Grow(keys, row-n)[:row]
	until = max(until, n)
	same := keys[n:until]
	few := same[:min(len(same), 32)]
	for i := range few {
		few[i] = key
	}
	for done := len(few); done < len(same); done *= 2 {
		copy(same[done:], same[:done])
	}
	if until < row {
		clear(keys[until:])
	}
	return keys
}

// fewWords, with the empty one, are more than a byte tells apart.
const fewWords = 1 << 8

// learn is the place of a word in the dictionary, to which it is added.
func (c *wordColumn) learn(s string) uint32 {
	key, ok := c.places[s]
	if ok {
		return key
	}
	if c.places == nil {
		c.places = map[string]uint32{}
	}
	key = uint32(len(c.places) + 1)
	c.places[s] = key
	if len(c.dictionary) == 0 {
		c.dictionary = zeros(c.dictionary, beforeWords)
	}
	c.words = append(c.words, s)
	c.dictionary = append(binary.AppendUvarint(c.dictionary, uint64(len(s))), s...)
	return key
}
