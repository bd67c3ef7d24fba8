package main

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"

	"showrunner/conversion/attribution"
	"showrunner/live"
)

type attributeCredit struct {
	Key           string    `json:"key"`
	Conversions   float64   `json:"conversions"`
	Value         float64   `json:"value"`
	Minor         int64     `json:"value_minor"`
	Assisted      int64     `json:"assisted_conversions"`
	RemovalEffect *float64  `json:"removal_effect,omitempty"`
	RemovalValue  *float64  `json:"removal_effect_value,omitempty"`
	Worth         *float64  `json:"shapley_value,omitempty"`
	StdErr        *float64  `json:"conversions_stderr,omitempty"`
	Positions     []float64 `json:"conversions_by_position,omitempty"`
}

// attributeOutput is the result, with everything its numbers depend on.
type attributeOutput struct {
	Model      string            `json:"model"`
	Version    int               `json:"version"`
	Order      int               `json:"order,omitempty"`
	Params     map[string]string `json:"parameters,omitempty"`
	By         string            `json:"by"`
	Window     string            `json:"window,omitempty"`
	ViewWindow string            `json:"view_window,omitempty"`
	ClickFirst *bool             `json:"click_first,omitempty"`
	Currency   live.Currency     `json:"currency,omitempty"`
	Additive   bool              `json:"additive"` // whether credits may be summed

	Journeys    int64   `json:"total_journeys"`
	Conversions int64   `json:"total_conversions"`
	Value       float64 `json:"total_value"`
	Minor       int64   `json:"total_value_minor"`
	Rate        float64 `json:"conversion_rate"` // of journeys with touches

	Credits []attributeCredit `json:"credits"`

	UnattributedConversions int64    `json:"unattributed_conversions"`
	UnattributedValue       float64  `json:"unattributed_value"`
	UnattributedMinor       int64    `json:"unattributed_value_minor"`
	Samples                 int      `json:"samples,omitempty"`
	Notes                   []string `json:"notes,omitempty"`
}

func (p *attributePlan) write(w io.Writer, c *attribution.Credits, run *attributeRun) error {
	if p.Format == "csv" {
		return p.writeCSV(w, c)
	}
	out := attributeOutput{
		Model: p.Model, Version: attribution.Version, Params: p.params, By: p.By, Currency: run.currency, Additive: !c.Overlap,
		Journeys: c.Journeys, Conversions: c.Conversions, Value: c.Value, Minor: c.Minor, Rate: c.Rate,
		UnattributedConversions: c.UnattributedConversions, UnattributedValue: c.UnattributedValue, UnattributedMinor: c.UnattributedMinor,
		Samples: c.Samples, Notes: run.notes, Credits: make([]attributeCredit, 0, len(c.Keys)),
	}
	if run.timed {
		out.Window, out.ClickFirst = p.Window.String(), &p.ClickFirst
		if p.ViewWindow > 0 {
			out.ViewWindow = p.ViewWindow.String()
		}
	}
	for i := range c.Keys {
		k := &c.Keys[i]
		row := attributeCredit{Key: k.Key, Conversions: k.Conversions, Value: k.Value, Minor: k.Minor, Assisted: k.Assisted, Positions: k.Positions}
		if p.Model == "markov" {
			row.RemovalEffect, row.RemovalValue = &k.RemovalEffect, &k.RemovalValue
		}
		if p.Model == "markov" {
			out.Order = p.Order
		}
		if p.Model == "shapley" && p.Worth == "rate" {
			row.Worth = &k.Worth
		}
		if c.Samples > 0 {
			row.StdErr = &k.StdErr
		}
		out.Credits = append(out.Credits, row)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

// unattributedKey is the key of the last row of the CSV.
const unattributedKey = "(unattributed)"

// writeCSV writes a row for each key, and a last one of what is unattributed.
func (p *attributePlan) writeCSV(w io.Writer, c *attribution.Credits) error {
	out := csv.NewWriter(w)
	head := []string{"model", "key", "conversions", "value", "value_minor", "assisted_conversions"}
	if p.Model == "markov" {
		head = append(head, "removal_effect")
	}
	number := func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
	write := func(k *attribution.KeyCredit) error {
		row := []string{
			p.Model, k.Key, number(k.Conversions), number(k.Value),
			strconv.FormatInt(k.Minor, 10), strconv.FormatInt(k.Assisted, 10),
		}
		if p.Model == "markov" {
			row = append(row, number(k.RemovalEffect))
		}
		return out.Write(row)
	}
	if err := out.Write(head); err != nil {
		return err
	}
	for i := range c.Keys {
		if err := write(&c.Keys[i]); err != nil {
			return err
		}
	}
	if err := write(&attribution.KeyCredit{
		Key: unattributedKey, Conversions: float64(c.UnattributedConversions), Value: c.UnattributedValue, Minor: c.UnattributedMinor,
	}); err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}
