package bots

import "strings"

// programs are what programs call themselves in a User-Agent, in lower case. A
// client that says nothing of itself, such as an app, is not one of them.
var programs = []string{
	"headlesschrome", "phantomjs", "puppeteer", "playwright", "selenium", "electron-bot",
	"python-", "aiohttp", "scrapy", "curl/", "wget/", "bot/", "crawler", "spider", "k6/", "jmeter",
}

// Agent is what a User-Agent gives away: "automation", or nothing.
func Agent(userAgent string) string {
	s := strings.ToLower(userAgent)
	for _, p := range programs {
		if strings.Contains(s, p) {
			return "automation"
		}
	}
	return ""
}
