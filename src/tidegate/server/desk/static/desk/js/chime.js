// The one sound: a short tone for a new P0.

export function chime() {
  const context = new AudioContext();
  const tone = context.createOscillator();
  const loud = context.createGain();
  loud.gain.setValueAtTime(0.08, context.currentTime);
  loud.gain.exponentialRampToValueAtTime(0.0001, context.currentTime + 0.4);
  tone.frequency.value = 660;
  tone.connect(loud).connect(context.destination);
  tone.start();
  tone.stop(context.currentTime + 0.4);
}
