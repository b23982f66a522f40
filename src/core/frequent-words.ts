/**
 * Some five hundred of the most frequent words of spoken English, in lower case.
 *
 * A phrase made of nothing but these is said by accident, and by every television.
 */
export const FREQUENT_WORDS: ReadonlySet<string> = new Set(
  `a able about above across actually after again against ago agree ah ahead all allow almost alone along already
  also always am among an and another answer any anybody anyone anything anyway apart are area around as ask asked
  at away baby back bad bag ball bank be beautiful became because become bed been before began begin behind being
  believe best better between big bit black blood blue board boat body book born both bottom bought box boy bread
  break bring brother brought brown build building business but buy by call called came can can't cannot car card
  care case cat cause center certain certainly chair chance change check child children city class clean clear
  close closed coffee cold color come coming common company could country couple course cup cut dad daddy dark
  daughter day days dead deal dear death decide deep did didn't die different dinner do doctor does doesn't dog
  doing dollars don't done door down dream drink drive drop dry during each early earth easy eat eight either else
  end enough even evening ever every everybody everyone everything exactly eye eyes face fact fall family far fast
  father feel feeling feet felt few fight find fine finish fire first fish five floor follow food foot for force
  forget form forward found four free friday friend friends from front full fun game garden gave get girl girls
  give given glad glass go god goes going gold gone good got great green ground group grow guess gun guy guys had
  hair half hand hands happen happened happy hard has hate have having he head hear heard heart heavy held hello
  help her here hers herself hey hi high him himself his hit hold hole home honey hope horse hot hour hours house
  how however huh human hundred hurry hurt husband i i'd i'll i'm i've idea if important in inside instead into is
  isn't it it's its job just keep kept kid kids kill kind king kitchen knew know known lady land large last late
  later laugh law lay lead learn least leave left leg less let let's letter life light like line listen little live
  living long look looked looking lord lost lot love low lunch made main make making man many matter may maybe me
  mean men might million mind mine minute minutes miss moment monday money month months moon more morning most
  mother mouth move much mum music must my myself name near need never new news next nice night nine no nobody none
  noon north nose not nothing now number of off office often oh okay old on once one only open or orange order other
  others our out outside over own page paper part party past pay people perhaps person phone picture piece place
  plan play please point police poor power pretty problem public pull push put question quick quiet quite rain ran
  read ready real really reason red remember rest right ring river road robin rock room round run said same sat
  saturday saw say school sea second see seem seen sell send sense sent set seven several she shell ship shoe shop
  short should show shut sick side simple since sing sir sister sit six sky sleep slow small smile snow so some
  somebody someone something sometimes son song soon sorry sort sound south speak special stand star start state
  stay step still stood stop store story street strong stuff such sudden summer sun sunday sure table take talk
  tell ten than thank thanks that that's the their them then there there's these they thing things think third this
  those though thought three through thursday time tired to today together told tomorrow tonight too took top toward
  town train tree tried trouble true trust truth try tuesday turn twelve twenty two uh um uncle under understand
  until up upon us use used very voice wait walk wall want war warm was wasn't watch water way we wear wednesday
  week weeks well went were west what what's when where which while white who whole why wife will wind window winter
  wish with without woman women won't wonder word words work world worry would write wrong yeah year years yellow
  yes yesterday yet you you're young your yours yourself`.split(/\s+/),
);
