package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// configFile is the JSON configuration file: an object whose keys are the names
// of flags. A key that is no flag is refused, since a typing error would
// otherwise leave a default in force that nobody chose.
type configFile struct {
	kong.Resolver
	keys []string
}

// readConfigFile is the loader of the --config flag.
func readConfigFile(r io.Reader) (kong.Resolver, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read the configuration file: %w", err)
	}
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, fmt.Errorf("the configuration file must be a JSON object: %w", err)
	}
	// kong looks keys up with underscores; a flag's own name has hyphens.
	c := &configFile{}
	named := make(map[string]json.RawMessage, len(members))
	for key, value := range members {
		name := strings.ReplaceAll(key, "-", "_")
		if _, twice := named[name]; twice {
			return nil, fmt.Errorf("the configuration file gives %q twice", key)
		}
		named[name] = value
		c.keys = append(c.keys, strings.ReplaceAll(key, "_", "-"))
	}
	if raw, err = json.Marshal(named); err != nil {
		return nil, fmt.Errorf("the configuration file: %w", err)
	}
	if c.Resolver, err = kong.JSON(bytes.NewReader(raw)); err != nil {
		return nil, fmt.Errorf("the configuration file: %w", err)
	}
	slices.Sort(c.keys)
	return c, nil
}

// Validate refuses keys that are no flag of any sub-command.
func (c *configFile) Validate(app *kong.Application) error {
	flags := map[string]bool{}
	err := kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if f, ok := node.(*kong.Flag); ok {
			flags[f.Name] = true
		}
		return next(nil)
	})
	if err != nil {
		return err
	}
	var unknown []string
	for _, key := range c.keys {
		if !flags[key] {
			unknown = append(unknown, fmt.Sprintf("%q", key))
		}
	}
	if len(unknown) > 0 {
		return fmt.Errorf("the configuration file has keys that are no flags: %s", strings.Join(unknown, ", "))
	}
	return c.Resolver.Validate(app)
}
