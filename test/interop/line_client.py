"""A client in another language: a program that is told by lines of JSON what to call, and answers
with one line each. What a stream brings has the stream's id."""

import json
import queue
import subprocess
import threading


class LineClient:
    def __init__(self, arguments):
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.answers = queue.Queue()
        self.messages = {}
        self.codes = {}
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            answer = json.loads(line)
            if "id" not in answer:
                self.answers.put(answer)
            elif "message" in answer:
                self.messages.setdefault(answer["id"], []).append(answer["message"])
            else:
                self.codes[answer["id"]] = answer["code"]

    def ask(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        return self.answers.get(timeout=30)

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()
