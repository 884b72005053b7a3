"""Short English problems with everyday software and devices, for the packaged heads: from templates of our own.

The hand-written seeds speak of a business's own service. Real desks also hear of mail programs, printers, phones and
spreadsheets, and a word such as "e-mail" must not by itself mean phishing.
"""

from __future__ import annotations

import re

import numpy as np
import polars as pl

THINGS = {
    "part": """inbox|mail|e-mails|messages|sent folder|junk folder|trash|address book|contacts|calendar|events|tasks|
        attachments|signature|filters|folders|toolbar|menu bar|search|spell checker|fonts|images|links|tabs|window|
        message list|reading pane|drafts|notifications|reminders|profile|add-on|extension|printer|scanner|camera|
        microphone|keyboard|screen|battery|router|headset|spreadsheet|document|slides|database|chart|form|web page|
        photos|videos|music|playlist|map|game|backup|synchronisation|import|export|login window|dark mode|icons|
        column headings|scroll bar|delete button|save button|download|update|installer|app|program|page|list""",
    "place": """on my laptop|on Windows 11|on the Mac|on Linux|on my phone|after the update|since the last upgrade|
        with the new version|since yesterday|for three days now|after I restarted|when I open it|every time|again|
        in the latest version|on both computers|with my provider's server|over IMAP|with version 115|all of a sudden""",
    "fails": """does not work any more|has stopped working|keeps crashing|freezes|is blank|is missing|have disappeared|
        is gone|shows up twice|will not load|will not open|cannot be deleted|does not save|shows the wrong time|
        is in the wrong order|keeps coming back|jumps around|is extremely slow|gives an error message|times out|
        does not show new entries|shows nothing but white|turns itself off|is cut off|is not displayed properly|
        does not send|does not arrive|does not download|is not synchronised|looks garbled|loses characters""",
    "want": """make the font bigger|sort by date|move the archive to another drive|stop it from checking at start-up|
        turn off the notifications|change the background colour|hide the side bar|print only one page|
        set up a filter|back up my messages|keep a copy on the server|create a group of contacts|
        find out where the files are stored|go back to the old layout|show the number of items in a folder|
        send a large file|add an alias|delete a folder|open links in another browser|change the default program|
        restore something from the trash|merge two lists|see who it was sent to|remove duplicates|use two accounts""",
    "old": "my old computer|another program|Outlook|my previous laptop|Windows 7|a backup|my old provider|a USB drive",
    "new": "a new computer|a new laptop|the Mac|Windows 11|this program|Gmail|a new drive|the new version",
    "account": "Gmail|Outlook|Office 365|Yahoo|my university|my provider|iCloud|AT&T|my own domain|work",
}
TEMPLATES = {
    "bug": """My {part} {fails} {place}.|{part} {fails}|{place} the {part} {fails}, how can I fix that?|
        {part} {fails} and the {part} {fails}. Please help.|I can't see my {part} {place}.|
        All my {part} vanished {place}. How do I get them back?|I am no longer able to receive e-mail {place}.|
        Cannot send e-mail {place}, it says the connection to the server failed.|
        I lost my {part} {place}|Problem with the {part}: it {fails}|Unable to open {part} {place}|
        My e-mail will not download|messages not showing up {place}|why does it keep changing my {part} {place}?|
        When I click on {part} nothing happens {place}.|The {part} worked for years and now {fails}.""",
    "how_to": """How can I {want}?|Is there a way to {want}?|I would like to {want}. Where is the setting?|
        How do I {want} {place}?|Can I {want} without losing my {part}?|Where do I find the {part}?|
        What is the best way to {want}?|Please tell me step by step how to {want}.|{want}, how?|
        Is it possible to {want} in the {part}?|I can't find the option to {want}.|What does the {part} setting do?""",
    "onboarding": """How do I move my {part} from {old} to {new}?|
        I have {new} and want to transfer everything from {old}.|
        Importing {part} from {old} fails|I want to add my {account} account, what do I enter?|
        Cannot set up my {account} account, the settings are not found.|Migrating from {old} to {new}|
        I just installed it and my {part} from {old} are not there.|Installing on {new}: which file do I download?|
        Setting up e-mail on {new}|Can I use the same account on two computers?""",
    "access": """It keeps asking for the password of my {account} account.|Cannot log in to {account}, password refused|
        Authentication failure with {account} {place}|My {account} password is not accepted|
        I forgot my master password.|
        Login to the {account} server failed|I'm locked out of my {account} account|
        it wants me to sign in again and again with {account}""",
    "feature_request": """It would be nice to be able to {want}.|Please add an option to {want}.|
        Suggestion: let us {want}|
        I miss a way to {want}, could you build it?|Why is there still no button to {want}? Please add one.|
        A feature I'd love: {want} from the {part}""",
    "complaint": """The new version is terrible, I hate what you did to the {part}.|
        Why did you change the {part}? Awful.|
        Whoever designed the new {part} should be ashamed.|I am angry and frustrated, the upgrade ruined everything.|
        Worst update ever. The {part} is unusable, give me back the old one.|You have wrecked a good program""",
    "security": """I keep getting scam mails that claim to be from my bank.|I think my {account} account was hacked.|
        A pop-up tells me to install an antivirus, is that a virus?|Is this mail a phishing attempt?|
        Somebody sends mail in my name|I got a message about a login that was not me on {account}""",
}


def wide(count: int, seed: int) -> pl.DataFrame:
    """Write ``count`` texts spread evenly over the intents above: ``text`` and ``intent``."""
    random = np.random.default_rng(seed)
    slots = {name: _split(words) for name, words in THINGS.items()}
    templates = {intent: _split(texts) for intent, texts in TEMPLATES.items()}
    rows = [
        _fill(random, intent, templates[intent], slots) for _ in range(count // len(templates)) for intent in templates
    ]
    return pl.DataFrame(rows, schema=["text", "intent"], orient="row").unique(maintain_order=True)


def _fill(
    random: np.random.Generator, intent: str, templates: list[str], slots: dict[str, list[str]]
) -> tuple[str, str]:
    chosen = [templates[random.integers(len(templates))] for _ in range(1 + int(random.random() < 0.4))]
    text = re.sub(r"\{(\w+)\}", lambda slot: slots[slot[1]][random.integers(len(slots[slot[1]]))], "\n".join(chosen))
    return text if random.random() < 0.7 else text.lower().rstrip("."), intent


def _split(words: str) -> list[str]:
    return [" ".join(word.split()) for word in words.split("|")]
