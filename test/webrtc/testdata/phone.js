// The least that a page needs to be a phone: SIP over WebSocket (RFC 7118) with
// digests of SHA-256 (RFC 8760), one call at a time.
"use strict";

const random = () => Array.from(crypto.getRandomValues(new Uint8Array(8)), b => b.toString(16).padStart(2, "0")).join("");

async function sha256(text) {
  const sum = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(sum), b => b.toString(16).padStart(2, "0")).join("");
}

function parse(text) {
  const at = text.indexOf("\r\n\r\n");
  const [first, ...lines] = text.slice(0, at).split("\r\n");
  const headers = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim().toLowerCase();
    (headers[name] ||= []).push(line.slice(colon + 1).trim());
  }
  const words = first.split(" ");
  const response = words[0] === "SIP/2.0";
  return {status: response ? Number(words[1]) : 0, method: response ? "" : words[0], headers, body: text.slice(at + 4)};
}

class Phone {
  constructor(url, user, password) {
    Object.assign(this, {user, password, host: random() + ".invalid", cseq: 0, waiting: new Map(), calls: 0});
    this.socket = new WebSocket(url, "sip");
    this.open = new Promise((yes, no) => {
      this.socket.onopen = yes;
      this.socket.onerror = () => no(new Error("the WebSocket failed"));
    });
    this.socket.onmessage = e => this.take(parse(e.data));
    this.called = new Promise(yes => { this.tellCalled = yes; });
  }

  get aor() { return `sip:${this.user}@exchange.test`; }
  get contact() { return `<sip:${this.user}@${this.host};transport=ws>`; }

  take(m) {
    if (m.status) {
      const branch = /branch=([^;,\s]+)/.exec(m.headers.via[0])[1];
      const wait = this.waiting.get(branch);
      if (wait && m.status >= 200) {
        this.waiting.delete(branch);
        wait(m);
      }
      return;
    }
    if (m.method === "INVITE") this.answer(m);
    else if (m.method !== "ACK") this.respond(m, "200 OK");
    if (m.method === "BYE" && this.pc) this.pc.close();
  }

  respond(m, status, more = "", body = "") {
    const copy = name => m.headers[name].map(v => `${name}: ${v}\r\n`).join("");
    const to = m.headers.to[0].includes("tag=") ? m.headers.to[0] : m.headers.to[0] + ";tag=" + (this.tag ||= random());
    this.socket.send(`SIP/2.0 ${status}\r\n${copy("via")}${copy("from")}To: ${to}\r\n${copy("call-id")}${copy("cseq")}${more}` +
      `Content-Length: ${new TextEncoder().encode(body).length}\r\n\r\n${body}`);
  }

  // send writes a request and returns its final response.
  send(method, uri, d, more = "", body = "") {
    const branch = "z9hG4bK" + random();
    const text = `${method} ${uri} SIP/2.0\r\nVia: SIP/2.0/WS ${this.host};branch=${branch}\r\nMax-Forwards: 70\r\nFrom: <${this.aor}>;tag=${d.tag}\r\n` +
      `To: ${d.to}\r\nCall-ID: ${d.id}\r\nCSeq: ${d.cseq} ${method}\r\nContact: ${this.contact}\r\n${more}` +
      (body ? "Content-Type: application/sdp\r\n" : "") + `Content-Length: ${new TextEncoder().encode(body).length}\r\n\r\n${body}`;
    const answered = method === "ACK" ? null : new Promise(yes => this.waiting.set(branch, yes));
    this.socket.send(text);
    return answered;
  }

  // authorized sends a request, and once more with the password if it is asked for.
  async authorized(method, uri, d, more, body) {
    let r = await this.send(method, uri, d, more, body);
    if (r.status !== 401) return r;
    if (method === "INVITE") await this.send("ACK", uri, {...d, to: r.headers.to[0]});
    const value = name => (new RegExp(`\\b${name}="?([^",]+)`).exec(r.headers["www-authenticate"][0]) || [])[1];
    const [realm, nonce, opaque, cnonce] = [value("realm"), value("nonce"), value("opaque"), random()];
    const ha1 = await sha256(`${this.user}:${realm}:${this.password}`);
    const ha2 = await sha256(`${method}:${uri}`);
    const response = await sha256(`${ha1}:${nonce}:00000001:${cnonce}:auth:${ha2}`);
    d.cseq++;
    return this.send(method, uri, d, more + `Authorization: Digest username="${this.user}", realm="${realm}", nonce="${nonce}", uri="${uri}", ` +
      `response="${response}", algorithm=SHA-256, cnonce="${cnonce}", qop=auth, nc=00000001${opaque ? `, opaque="${opaque}"` : ""}\r\n`, body);
  }

  async register() {
    await this.open;
    const d = {tag: random(), to: `<${this.aor}>`, id: random(), cseq: 1};
    return (await this.authorized("REGISTER", "sip:exchange.test", d, "Expires: 300\r\n")).status;
  }

  // connect makes the peer connection, which sends a tone.
  connect() {
    const sound = new AudioContext();
    const tone = sound.createOscillator(), out = sound.createMediaStreamDestination();
    tone.frequency.value = 440;
    tone.connect(out);
    tone.start();
    this.pc = new RTCPeerConnection();
    this.pc.addTrack(out.stream.getAudioTracks()[0], out.stream);
    if (this.pictures) this.pc.addTrack(this.film(), out.stream);
    this.pc.ontrack = e => {
      if (e.track.kind !== "audio") return;
      this.sound = new Audio(); // without one that plays, nothing is heard
      this.sound.autoplay = true;
      this.sound.srcObject = new MediaStream([e.track]);
    };
  }

  // film is a picture that changes all the time.
  film() {
    const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
    [canvas.width, canvas.height] = [160, 120];
    let n = 0;
    setInterval(() => {
      pen.fillStyle = `hsl(${n++ * 7 % 360} 80% 50%)`;
      pen.fillRect(n % 80, n % 60, 80, 60);
    }, 50);
    return canvas.captureStream(20).getVideoTracks()[0];
  }

  gathered() {
    return new Promise(yes => {
      const look = () => this.pc.iceGatheringState === "complete" && yes();
      this.pc.addEventListener("icegatheringstatechange", look);
      look();
    });
  }

  async call(exten) {
    this.connect();
    await this.pc.setLocalDescription(await this.pc.createOffer());
    await this.gathered();
    const uri = `sip:${exten}@exchange.test`;
    const d = this.dialog = {tag: random(), to: `<${uri}>`, id: random(), cseq: 1};
    const r = await this.authorized("INVITE", uri, d, "", this.pc.localDescription.sdp);
    d.to = r.headers.to[0];
    await this.send("ACK", uri, d);
    if (r.status === 200) await this.pc.setRemoteDescription({type: "answer", sdp: r.body});
    return r.status;
  }

  async answer(m) {
    this.connect();
    await this.pc.setRemoteDescription({type: "offer", sdp: m.body});
    await this.pc.setLocalDescription(await this.pc.createAnswer());
    await this.gathered();
    this.respond(m, "200 OK", `Contact: ${this.contact}\r\nContent-Type: application/sdp\r\n`, this.pc.localDescription.sdp);
    this.tellCalled(true);
  }

  async bye() {
    this.dialog.cseq++;
    const r = await this.send("BYE", "sip:exchange.test", this.dialog);
    this.pc.close();
    return r.status;
  }

  // sees waits until some pictures have come, and tells by which codec and over how
  // many transports the call goes.
  async sees() {
    for (const end = Date.now() + 30000;;) {
      const stats = await this.pc.getStats();
      if (Date.now() > end) {
        const told = [...stats.values()].filter(s => s.kind === "video" && s.type.endsWith("bound-rtp"));
        return "nothing: " + JSON.stringify(told) + this.pc.remoteDescription.sdp;
      }
      const transports = [...stats.values()].filter(s => s.type === "transport").length;
      for (const s of stats.values()) {
        if (s.type === "inbound-rtp" && s.kind === "video" && s.framesDecoded > 10) return `${stats.get(s.codecId).mimeType} ${transports}`;
      }
      if (this.pc.connectionState === "failed") return "failed";
      await new Promise(yes => setTimeout(yes, 50));
    }
  }

  // hears waits until sound has come, and tells by which codec.
  async hears() {
    for (;;) {
      const stats = await this.pc.getStats();
      for (const s of stats.values()) {
        if (s.type === "inbound-rtp" && s.kind === "audio" && s.totalAudioEnergy > 0.001) return stats.get(s.codecId).mimeType;
      }
      if (this.pc.connectionState === "failed") return "failed";
      await new Promise(yes => setTimeout(yes, 50));
    }
  }
}
