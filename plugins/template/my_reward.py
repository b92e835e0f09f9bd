class MyReward:
    """quality less cost in cents"""

    version = "0.1.0"

    # Read parameters here, once; each has a default, a range and a line of help.
    def __init__(self, env, parameters):
        self.price = parameters.number("price", 1, 0, 1000, "reward lost per US cent")

    # A reward for every row, which depends on its own row alone; consumed is seconds and US dollars.
    def score(self, outcomes):
        return outcomes.quality - self.price * 100 * outcomes.consumed[:, 1]
