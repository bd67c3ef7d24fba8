package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"showrunner/gateway/connector"
	"showrunner/live"
)

// readMappings reads the mappings of the configuration, by name, and finds
// everything that is wrong with any of them: a server that would learn of a bad
// file with the first delivery had better not start.
func readMappings(files map[string]string) (read map[string]*connector.Mapping, faults []error) {
	read = make(map[string]*connector.Mapping, len(files))
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := files[name]
		if !live.ValidID(name) {
			faults = append(faults, fmt.Errorf("--mapping: the name %q must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", name, live.MaxIDLen))
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			// The path stands in the error already.
			faults = append(faults, fmt.Errorf("--mapping %s: %w", name, err))
			continue
		}
		m, wrong := connector.CheckMapping(raw)
		for _, f := range wrong {
			where := f.Path
			if where != "" {
				where += " "
			}
			faults = append(faults, fmt.Errorf("%s:%d:%d: %s%s", file, f.Line, f.Column, where, f.Reason))
		}
		read[name] = m
	}
	return read, faults
}

// mappings are those the server was started with. Its configuration was found
// to be valid a moment ago; a file that changed since is a fault.
func (c *ServeCmd) mappings() (map[string]*connector.Mapping, error) {
	read, faults := readMappings(c.Mapping)
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("read the mappings: %w", err)
	}
	return read, nil
}
