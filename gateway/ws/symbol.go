package ws

// symbol stands for a string in a [symbols]; 0 is the empty string.
type symbol uint32

// symbols keeps each different string once, as long as somebody uses it, so that
// a viewer is numbers only and what a thousand viewers have in common is there
// once. It belongs to one goroutine.
type symbols struct {
	index map[string]symbol
	list  []symbolEntry // list[i] is symbol i+1
	free  []symbol
}

type symbolEntry struct {
	text  string
	users int32
}

// use returns the symbol of a string and counts one more user.
func (s *symbols) use(text string) symbol {
	if text == "" {
		return 0
	}
	if y, ok := s.index[text]; ok {
		s.list[y-1].users++
		return y
	}
	var y symbol
	if n := len(s.free); n > 0 {
		y, s.free = s.free[n-1], s.free[:n-1]
	} else {
		s.list = append(s.list, symbolEntry{})
		y = symbol(len(s.list)) //nolint:gosec // a few for each open socket.
	}
	if s.index == nil {
		s.index = map[string]symbol{}
	}
	s.index[text] = y
	s.list[y-1] = symbolEntry{text, 1}
	return y
}

// drop ends one use.
func (s *symbols) drop(y symbol) {
	if y == 0 {
		return
	}
	e := &s.list[y-1]
	if e.users--; e.users == 0 {
		delete(s.index, e.text)
		*e = symbolEntry{}
		s.free = append(s.free, y)
	}
}

// text is the string of a symbol.
func (s *symbols) text(y symbol) string {
	if y == 0 {
		return ""
	}
	return s.list[y-1].text
}
