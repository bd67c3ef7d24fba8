package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"

	"showrunner/analytics/engine"
)

// cli is the whole command line. Every flag has an environment variable,
// SHOWRUNNER_ and the flag's name, and a key of the same name in the JSON
// configuration file.
type cli struct {
	Serve       ServeCmd     `cmd:"" help:"Run the server."`
	Token       TokenCmd     `cmd:"" help:"Print a signed token."`
	Simulate    SimulateCmd  `cmd:"" help:"Play a realistic show against a server, over its public API."`
	Demo        DemoCmd      `cmd:"" help:"Start a server on embedded engines, play one show, compare every figure."`
	Report      ReportCmd    `cmd:"" help:"Write the post-show report of a show."`
	Attribute   AttributeCmd `cmd:"" help:"Divide the money of journeys in a file over what led to it."`
	Import      ImportCmd    `cmd:"" help:"Take in history of orders, events or touches from a file."`
	Nodes       NodesCmd     `cmd:"" help:"Look after the servers that share a log."`
	Rebuild     RebuildCmd   `cmd:"" help:"Make a rollup of ClickHouse anew from its facts."`
	Backup      BackupCmd    `cmd:"" help:"Copy everything that a server keeps into a folder, while it runs."`
	Restore     RestoreCmd   `cmd:"" help:"Make a data folder from a backup."`
	Bench       BenchCmd     `cmd:"" help:"Measure a running server; figures as JSON."`
	Version     VersionCmd   `cmd:"" help:"Print the version."`
	Shards      ShardsCmd    `cmd:"" help:"Run shards of ClickHouse on this machine, to try a cluster with."`
	EngineChild EngineCmd    `cmd:"" hidden:"" name:"engine-child" help:"The embedded ClickHouse itself."`
}

// command is what every sub-command does.
type command interface {
	Execute(ctx context.Context, stdout, stderr io.Writer) error
}

// errUsage marks an error of the command line: exit code 2.
var errUsage = errors.New("usage")

// run is the program: it parses args, executes the sub-command and turns its
// error into an exit code: 0 fine, 1 failed, 2 wrong usage,
// 3 an import that came to its end without some lines.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	// The engine child takes ClickHouse's own arguments, which are not ours to parse.
	if len(args) > 0 && args[0] == engineChild {
		return engine.ChildMain(args[1:])
	}
	var c cli
	parser, err := kong.New(&c,
		kong.Name("showrunner"),
		kong.Description("The operations backend of livestream commerce."),
		kong.DefaultEnvars("SHOWRUNNER"),
		kong.Configuration(readConfigFile),
		kong.Writers(stdout, stderr),
		kong.UsageOnError(),
	)
	if err != nil {
		fmt.Fprintln(stderr, "showrunner:", err)
		return 1
	}
	selected, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(stderr, "showrunner:", err)
		return 2
	}
	cmd, ok := reflect.TypeAssert[command](selected.Selected().Target.Addr())
	if !ok {
		panic(fmt.Sprintf("BUG: %s cannot be executed", selected.Command()))
	}
	if err := cmd.Execute(ctx, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "showrunner:", err)
		switch {
		case errors.Is(err, errUsage):
			return 2
		case errors.Is(err, errRejected):
			return 3
		}
		return 1
	}
	return 0
}

// VersionCmd prints the version.
type VersionCmd struct{}

// Execute prints the module version and the commit it was built from.
func (*VersionCmd) Execute(_ context.Context, stdout, _ io.Writer) error {
	_, err := fmt.Fprintln(stdout, version())
	return err
}

// version is the module's version and commit, as far as the build knows them.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	var v strings.Builder
	v.WriteString(info.Main.Version)
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.WriteString(" " + s.Value)
		}
	}
	return v.String()
}
