package text

import (
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:embed data/dictionary.txt
var dictionaryFile string

//go:embed data/words.txt
var wordsFile string

// wordFrequency is what a word of data/words.txt counts for in the dictionary,
// whose words were counted in 58 million. It is high enough that a word of the
// trade is never cut into two common ones.
const wordFrequency = 20_000

// unknown is the distance of what is no word: as if it were counted once in four
// thousand million.
const unknown = 32

// dictionary is a trie of words by their characters, level by level: the children
// of a node lie side by side in the order of their characters, right behind those
// of the node before it. So a node takes twelve bytes, and all of the 130,000 words
// 1.8 MB in three pieces without a pointer.
type dictionary struct {
	chars    []rune    // by which a node is reached; node 0 is the root
	children []int32   // where a node's begin; they end where the next node's do
	distance []float32 // of the word that ends at a node; 0: none does
	// firsts are those of the root's children, which are thousands, that are
	// common Han; 0: there is none.
	firsts [lastHan + 1 - firstHan]int16
}

// counted is a word and how often it is said.
type counted struct {
	word  string
	count float64
}

// readDictionary reads the embedded words. Where a word of the trade is in the
// general dictionary, too, the former counts.
func readDictionary() (*dictionary, error) {
	list := make([]counted, 0, strings.Count(wordsFile, "\n")+strings.Count(dictionaryFile, "\n"))
	for word := range words(wordsFile) {
		list = append(list, counted{strings.ToLower(word), wordFrequency})
	}
	for line := range words(dictionaryFile) {
		word, number, _ := strings.Cut(line, " ")
		count, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return nil, fmt.Errorf("read %s of the dictionary: %w", line, err)
		}
		list = append(list, counted{strings.ToLower(word), count})
	}
	return newDictionary(list), nil
}

// newDictionary makes the trie of a list, which it sorts. The first of several
// entries for a word counts.
func newDictionary(list []counted) *dictionary {
	same := func(a, b counted) int { return strings.Compare(a.word, b.word) }
	slices.SortStableFunc(list, same)
	list = slices.CompactFunc(list, func(a, b counted) bool { return a.word == b.word })
	var total float64
	for i := range list {
		total += list[i].count
	}
	most := float32(math.Log2(total))

	d := &dictionary{}
	// What begins with the same characters, so many bytes of them, is list[from:to].
	type node struct{ from, to, size int32 }
	nodes := []node{{0, int32(len(list)), 0}}
	d.chars = append(d.chars, 0)
	for i := 0; i < len(nodes); i++ {
		n := nodes[i]
		d.children = append(d.children, int32(len(nodes)))
		d.distance = append(d.distance, 0)
		if n.from < n.to && len(list[n.from].word) == int(n.size) {
			d.distance[i] = most - float32(math.Log2(list[n.from].count))
			n.from++
		}
		for n.from < n.to {
			char, size := utf8.DecodeRuneInString(list[n.from].word[n.size:])
			next := node{n.from, n.from, n.size + int32(size)}
			for begin := list[n.from].word[:next.size]; next.to < n.to && strings.HasPrefix(list[next.to].word, begin); {
				next.to++
			}
			if i == 0 && firstHan <= char && char <= lastHan {
				d.firsts[char-firstHan] = int16(len(nodes))
			}
			nodes = append(nodes, next)
			d.chars = append(d.chars, char)
			n.from = next.to
		}
	}
	d.children = append(d.children, int32(len(nodes)))
	d.chars, d.children, d.distance = slices.Clone(d.chars), slices.Clone(d.children), slices.Clone(d.distance)
	return d
}

// next is the node that a character leads to from a node; 0: no word goes on so.
func (d *dictionary) next(node int32, char rune) int32 {
	if node == 0 && firstHan <= char && char <= lastHan {
		return int32(d.firsts[char-firstHan])
	}
	from := d.children[node]
	i, ok := slices.BinarySearch(d.chars[from:d.children[node+1]], char)
	if !ok {
		return 0
	}
	return from + int32(i)
}

// place is one where a text may be cut, and the shortest way to it.
type place struct {
	end      int32 // of a character, or of a run of Latin ones, in bytes
	from     int32 // the place before it on the way
	distance float32
}

// cut returns where the words of text end: the likeliest cut, by which the sum of
// the words' distances, each the binary logarithm of how rare a word is, is least.
// Letters and digits that take one or two bytes are a word together, and so is a
// character that begins no word.
func (d *dictionary) cut(text string) []int32 {
	var room [64]place // as many as most texts have
	places := append(room[:0], place{})
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		end := i + size
		for latinOf(r, size) && end < len(text) {
			r, size = utf8.DecodeRuneInString(text[end:])
			if !latinOf(r, size) {
				break
			}
			end += size
		}
		places = append(places, place{end: int32(end)})
		i = end
	}
	for i := range len(places) - 1 {
		base := places[i]
		alone := false
		node := int32(0)
		for j := i + 1; j < len(places); j++ {
			for _, char := range text[places[j-1].end:places[j].end] {
				if node = d.next(node, char); node == 0 {
					break
				}
			}
			if node == 0 {
				break
			}
			if d.distance[node] > 0 {
				places[j].reach(i, base.distance+d.distance[node])
				alone = alone || j == i+1
			}
		}
		if !alone {
			places[i+1].reach(i, base.distance+unknown)
		}
	}
	count := 0
	for i := len(places) - 1; i > 0; i = int(places[i].from) {
		count++
	}
	ends := make([]int32, count)
	for i := len(places) - 1; i > 0; i = int(places[i].from) {
		count--
		ends[count] = places[i].end
	}
	return ends
}

// reach takes the way from a place if it is the first or shorter than the one before.
func (p *place) reach(from int, distance float32) {
	if p.distance == 0 || p.distance > distance {
		p.from, p.distance = int32(from), distance
	}
}

// latinOf reports whether a character of so many bytes makes one word with others
// like it.
func latinOf(r rune, size int) bool {
	return size <= 2 && (unicode.IsLetter(r) || unicode.IsNumber(r))
}
