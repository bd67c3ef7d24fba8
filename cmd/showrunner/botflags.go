package main

import (
	"fmt"

	"showrunner/live/bots"
)

// botRules are the rules of the flags: the weights that are built in, but for
// those that a flag names.
func (c *ServeCmd) botRules() bots.Settings {
	s := bots.Default()
	s.Threshold, s.Clear, s.Forgive = c.BotThreshold, c.BotClear, c.BotForgive
	for name, w := range c.BotWeight {
		s.Weights[bots.Rule(name)] = w
	}
	return s
}

// checkBots refuses rules that cannot work.
func (c *ServeCmd) checkBots() error {
	s := c.botRules()
	if err := s.Validate(); err != nil {
		return fmt.Errorf("--bot-threshold, --bot-clear, --bot-forgive, --bot-weight: %w", err)
	}
	return nil
}
