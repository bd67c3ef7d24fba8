package live

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// ProductTitles gathers what the SKUs of one product are called, of which the
// product is called what they begin with in common: "Linen shirt" of "Linen shirt
// (M)" and "Linen shirt (L)". The zero value knows none.
type ProductTitles struct {
	newest string
	of     map[SKUID]string
}

// Add tells what a SKU is called from now on. Without a SKU it is said of the product.
func (p *ProductTitles) Add(sku SKUID, title string) {
	if title == "" {
		return
	}
	p.newest = title
	if sku == "" {
		return
	}
	if p.of == nil {
		p.of = map[SKUID]string{}
	}
	p.of[sku] = title
}

// Title is what the product is called: the newest title where its SKUs begin with
// nothing in common, "" where none is known.
func (p *ProductTitles) Title() string {
	if len(p.of) < 2 {
		return p.newest
	}
	var shared *string
	for _, title := range p.of {
		if shared != nil {
			title = sharedHead(*shared, title)
		}
		shared = &title
	}
	if whole := strings.TrimRightFunc(*shared, isJoint); whole != "" {
		return whole
	}
	return p.newest
}

// sharedHead is what two titles begin with in common, without a word that is cut in two.
func sharedHead(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) {
		r, size := utf8.DecodeRuneInString(a[n:])
		if q, _ := utf8.DecodeRuneInString(b[n:]); q != r {
			break
		}
		n += size
	}
	head := a[:n]
	last, _ := utf8.DecodeLastRuneInString(head)
	if n == 0 || !inWord(last) || !startsInWord(a[n:]) && !startsInWord(b[n:]) {
		return head
	}
	return strings.TrimRightFunc(head, inWord)
}

func startsInWord(s string) bool {
	r, size := utf8.DecodeRuneInString(s)
	return size > 0 && inWord(r)
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// isJoint tells what joins a title to the name of its variant, and is none of the title.
func isJoint(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Ps, r) || unicode.Is(unicode.Pd, r) || strings.ContainsRune(",，、:：;；/|·•+*×", r)
}
