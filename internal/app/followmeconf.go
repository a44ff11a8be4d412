package app

import (
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

// followProfiles are those of followme.conf.
type followProfiles map[string]*followProfile

// followProfile is a section of followme.conf: whom to call, and what is said.
type followProfile struct {
	steps         []followStep
	context       string
	music         string
	prompts       map[string]string // by the option's name
	take, decline string            // keys
	wait          time.Duration     // for a key
	ask           bool              // who answers is asked whether to take the call
}

// followStep are numbers that are called at once.
type followStep struct {
	numbers []string
	timeout time.Duration
	order   int
}

// followPrompts are the prompts with what holds where nothing is said.
var followPrompts = map[string]string{
	"call_from_prompt": "followme/call-from", "norecording_prompt": "followme/no-recording", "options_prompt": "followme/options",
	"pls_hold_prompt": "followme/pls-hold-while-try", "status_prompt": "followme/status", "sorry_prompt": "followme/sorry",
	"connecting_prompt": "",
}

// otherNames are names of prompts that mean the same.
var otherNames = map[string]string{"call-from-prompt": "call_from_prompt", "followme-norecording-prompt": "norecording_prompt",
	"followme-options-prompt": "options_prompt", "followme-pls-hold-prompt": "pls_hold_prompt", "followme-status-prompt": "status_prompt",
	"followme-sorry-prompt": "sorry_prompt"}

const followTimeout = 25 * time.Second

// ReadFollowMe reads followme.conf, which may be nil.
func ReadFollowMe(f *config.File) (followProfiles, []config.Diagnostic) { //nolint:revive // only ConfigureFollowMe takes it
	r := config.NewReader(nil)
	all := followProfiles{}
	standard := followProfile{context: "default", music: "default", prompts: followPrompts, take: "1", decline: "2", wait: 5 * time.Second, ask: true}
	standard.read(r.Section(f.Section("general")), true)
	if f == nil {
		return all, r.Diagnostics()
	}
	for _, s := range f.Sections() {
		if s.Template || s.Name == "general" {
			continue
		}
		p := standard
		in := r.Section(s)
		for i, text := range in.All("number") {
			p.steps = append(p.steps, readFollowStep(text, i+1))
		}
		checkFollowSteps(r, s)
		p.read(in, false)
		sort.SliceStable(p.steps, func(i, j int) bool { return p.steps[i].order < p.steps[j].order })
		all[strings.ToLower(s.Name)] = &p
	}
	return all, r.Diagnostics()
}

func (p *followProfile) read(s *config.SectionReader, general bool) {
	prompts := map[string]string{}
	for name, value := range p.prompts {
		prompts[name] = s.String(name, value)
	}
	for other, name := range otherNames {
		if s.Has(other) {
			prompts[name] = s.String(other, prompts[name])
		}
	}
	p.prompts = prompts
	p.take, p.decline = s.Keys("takecall", p.take, 0), s.Keys("declinecall", p.decline, 0)
	p.ask = s.Bool("enable_callee_prompt", p.ask)
	if general {
		p.wait = s.Duration("featuredigittimeout", time.Millisecond, p.wait, 0, time.Hour)
	} else {
		p.context, p.music = s.String("context", p.context), s.String("musicclass", p.music)
		p.music = s.String("musiconhold", s.String("music", p.music))
	}
	s.Idle("followme_prompt")
	s.Done()
}

// readFollowStep reads number[&number…][,timeout[,order]].
func readFollowStep(text string, order int) followStep {
	parts := append(strings.SplitN(text, ",", 3), "", "")
	step := followStep{timeout: followTimeout, order: order}
	for _, n := range strings.Split(parts[0], "&") {
		if n = strings.TrimSpace(n); n != "" {
			step.numbers = append(step.numbers, n)
		}
	}
	if n, err := strconv.Atoi(strings.TrimSpace(parts[1])); err == nil && n > 0 {
		step.timeout = time.Duration(n) * time.Second
	}
	if n, err := strconv.Atoi(strings.TrimSpace(parts[2])); err == nil && n > 0 {
		step.order = n
	}
	return step
}

// checkFollowSteps tells of numbers that can't be called, or not for the time that is written.
func checkFollowSteps(r *config.Reader, s *config.Section) {
	const form = "write number => NUMBER[&NUMBER…][,SECONDS[,ORDER]]"
	for _, e := range s.Entries {
		if !strings.EqualFold(e.Key, "number") {
			continue
		}
		parts := append(strings.SplitN(e.Value, ",", 3), "", "")
		if strings.Trim(parts[0], "& ") == "" {
			r.Report(config.Warning, e, form, "number = %s of %s has nobody to call", e.Value, s.Name)
		}
		for i, what := range []string{"time", "place in the order"} {
			text := strings.TrimSpace(parts[i+1])
			if n, err := strconv.Atoi(text); text != "" && (err != nil || n <= 0) {
				r.Report(config.Warning, e, form, "number = %s of %s: %q is no %s", e.Value, s.Name, text, what)
			}
		}
	}
}

// ConfigureFollowMe puts profiles in force, for calls from now on.
func (h *House) ConfigureFollowMe(p followProfiles) { h.follows.Store(&p) }

func (p *followProfiles) find(name string) *followProfile {
	if p == nil {
		return nil
	}
	return (*p)[strings.ToLower(name)]
}
