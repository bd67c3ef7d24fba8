package connector

import (
	"fmt"
	"strings"
)

// path leads to values inside a JSON text: names separated by dots, each with
// [] behind it where every item of an array is meant, as in
// "data.orders[].id". The empty path is the value itself.
type path struct {
	steps []step
	text  string
}

type step struct {
	name string
	each bool
}

// maxSteps bounds a path; deeper ones lead nowhere, as texts are no deeper.
const maxSteps = 16

// parsePath reads a path.
func parsePath(text string) (path, error) {
	p := path{text: text}
	if text == "" {
		return p, nil
	}
	parts := strings.Split(text, ".")
	if len(parts) > maxSteps {
		return p, fmt.Errorf("the path has more than %d steps", maxSteps)
	}
	for i, part := range parts {
		name, each := strings.CutSuffix(part, "[]")
		if name == "" && !(each && i == 0) || strings.ContainsAny(name, "[]") {
			return p, fmt.Errorf("%q is not a path: names joined by dots, with [] behind a name for every item of an array", clip(text))
		}
		p.steps = append(p.steps, step{name: name, each: each})
	}
	return p, nil
}

// single reports whether the path leads to one value at most.
func (p path) single() bool {
	for _, s := range p.steps {
		if s.each {
			return false
		}
	}
	return true
}

// maxValues bounds what one path may yield.
const maxValues = 10_000

// all gives the values the path leads to. What is not there yields nothing;
// [] behind what is no array yields nothing too.
func (p path) all(n *node) []*node {
	at := []*node{n}
	for _, s := range p.steps {
		var next []*node
		for _, n := range at {
			if s.name != "" {
				if n.kind != nodeObject {
					continue
				}
				n = n.get(s.name)
			}
			switch {
			case n == nil || n.kind == nodeNull:
			case !s.each:
				next = append(next, n)
			case n.kind == nodeArray:
				next = append(next, n.items...)
			}
		}
		if at = next; len(at) > maxValues {
			return at[:maxValues]
		}
	}
	return at
}

// one gives the value of a path without [], or nil.
func (p path) one(n *node) *node {
	if list := p.all(n); len(list) > 0 {
		return list[0]
	}
	return nil
}
