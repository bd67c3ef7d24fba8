package desk

import (
	"fmt"
	"strconv"

	"showrunner/conversion/care"
	"showrunner/live"
	"showrunner/live/store"
)

// bot is the actor of what the bot says.
var bot = live.Actor{ID: "bot", Role: live.RoleSystem}

// botTurn lets the bot answer, or hands the session to a human.
func (c *change) botTurn(s *Session, text string) error {
	answers, err := c.answers()
	if err != nil {
		return err
	}
	a, why := answers.Reply(text, s.given)
	if why != "" {
		return c.handOver(s, why)
	}
	s.given = append(s.given, a.ID)
	if _, err := c.put(s, care.ByBot, Say{ID: "bot-" + strconv.Itoa(len(s.given)), Kind: a.Kind, Text: a.Text}, bot); err != nil {
		return err
	}
	return c.emit(live.ServiceBotReplied, s, bot, map[string]any{"answer_id": a.ID, "n": len(s.given)})
}

// handOver takes a session from the bot to the queue, for good.
func (c *change) handOver(s *Session, why care.HandOver) error {
	s.HandedOver = why
	to := s.Persona
	if to == "" {
		to = "any"
	}
	if err := c.emit(live.ServiceHandedOver, s, bot, map[string]any{"to": to, "reason": why}); err != nil {
		return err
	}
	return c.queue(s)
}

// answers are the canned answers of the merchant, with the words that ask for a human.
func (c *change) answers() (*care.Answers, error) {
	set, err := c.settings()
	if err != nil {
		return nil, err
	}
	list, err := readAnswers(c.Querier, c.m)
	return &care.Answers{List: list, Human: set.Human}, err
}

func readAnswers(q store.Querier, m live.MerchantID) ([]care.Answer, error) {
	rows, err := q.Query(`SELECT answer_id, title, text, kind, keywords FROM service_answers WHERE merchant_id = ? ORDER BY rank, answer_id`, string(m))
	list, err := store.Collect(rows, err, func(r store.Scanner) (a care.Answer, err error) {
		var keywords string
		if err = r.Scan(&a.ID, &a.Title, &a.Text, &a.Kind, &keywords); err == nil {
			a.Keywords, err = listed[string](keywords)
		}
		return a, err
	})
	if err != nil {
		return nil, fmt.Errorf("read canned answers: %w", err)
	}
	return list, nil
}
