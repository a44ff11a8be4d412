package phone

import (
	"sync"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/rtp"
)

// tellQuality sets what is known of the audio's quality on the channel, and on the
// one that it talks to, as the reference does when a call ends.
func (s *session) tellQuality() {
	s.mu.Lock()
	told := s.told
	s.told = true
	s.mu.Unlock()
	if told {
		return
	}
	v := s.audio.Stats()
	peer := (*channel.Channel)(nil)
	if name, ok := s.ch.Variable("BRIDGEPEER"); ok && name != "" {
		peer = s.driver.registry.Find(name)
	}
	form := s.qualityForm()
	texts := sync.OnceValue(func() []rtp.Text { return v.Texts(form) })
	for i, name := range qualities[:form.Texts()] {
		text := func() string { return texts()[i].Value }
		s.ch.SetVariableLate(name.own, text)
		if peer != nil {
			peer.SetVariableLate(name.bridged, text)
		}
	}
}

// qualities are the names of the variables, in the order of rtp.Stats.Texts.
var qualities = func() (list [rtp.TextNames]struct{ own, bridged string }) {
	var none rtp.Stats
	for i, t := range none.Texts(rtp.Form22) {
		list[i].own, list[i].bridged = "RTPAUDIOQOS"+t.Name, "RTPAUDIOQOS"+t.Name+"BRIDGED"
	}
	return list
}()

// tellLast is tellQuality at the end of the leg. byUs says that we end the call:
// the reference's SIP channels then tell once more, whatever they told before.
func (s *session) tellLast(byUs bool) {
	if s.driver.technology == SIP && byUs {
		s.mu.Lock()
		s.told = false
		s.mu.Unlock()
	}
	s.tellQuality()
	if s.driver.technology == SIP && byUs {
		v := s.audio.Stats()
		s.ch.SetVariable("RTPAUDIOQOS", v.Texts(rtp.Form16)[0].Value)
	}
}

// qualityForm is the form of the reference that has this technology.
func (s *session) qualityForm() rtp.Form {
	if s.driver.technology == SIP {
		return rtp.Form16
	}
	return rtp.Form22
}

// tellBoth is tellQuality when the far end has hung up; the reference's SIP
// channels then tell of the other leg, too.
func (s *session) tellBoth() {
	s.mu.Lock()
	referred := s.referred
	s.mu.Unlock()
	if referred && s.driver.technology == SIP {
		return
	}
	s.tellQuality()
	if s.driver.technology != SIP {
		return
	}
	name, _ := s.ch.Variable("BRIDGEPEER")
	if peer := s.driver.registry.Find(name); peer != nil {
		if other, ok := peer.Leg().(*session); ok && other.driver == s.driver {
			other.tellQuality()
		}
	}
}
