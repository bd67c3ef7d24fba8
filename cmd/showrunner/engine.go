package main

import (
	"context"
	"io"

	"showrunner/analytics/engine"
)

// engineChild is the hidden sub-command under which this binary runs again as
// the embedded ClickHouse.
const engineChild = "engine-child"

// EngineCmd stands in the command table so that the name is taken; run hands
// its arguments over before they are parsed.
type EngineCmd struct {
	Args []string `arg:"" optional:"" passthrough:""`
}

// Execute runs the engine until its standard input ends.
func (c *EngineCmd) Execute(context.Context, io.Writer, io.Writer) error {
	engine.ChildMain(c.Args)
	return nil
}
